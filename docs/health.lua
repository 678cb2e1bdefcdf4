-- Health of a RedisRestore for Argo CD, from the conditions that kstatus reads.
hs = {}
if obj.status == nil or obj.status.conditions == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  hs.status = "Progressing"
  hs.message = "The controller has not answered this spec yet"
  return hs
end
local conditions = {}
for _, condition in ipairs(obj.status.conditions) do
  conditions[condition.type] = condition
end
local ready = conditions.Ready
if ready == nil then
  hs.status = "Progressing"
  hs.message = "The controller has not answered this spec yet"
  return hs
end
hs.message = ready.reason .. ": " .. ready.message
if ready.reason == "Suspended" then
  hs.status = "Suspended"
elseif ready.status == "True" then
  hs.status = "Healthy"
elseif conditions.Stalled ~= nil and conditions.Stalled.status == "True" then
  hs.status = "Degraded"
else
  hs.status = "Progressing"
end
return hs
