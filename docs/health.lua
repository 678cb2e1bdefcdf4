-- SPDX-License-Identifier: Apache-2.0
-- Health of a RedisRestore for Argo CD, from the conditions that kstatus reads, in the same order.
hs = {status = "Progressing", message = "No controller has handled this spec yet"}
if obj.status == nil or obj.status.conditions == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  return hs
end
local conditions = {}
for _, condition in ipairs(obj.status.conditions) do
  conditions[condition.type] = condition
end
local function isTrue(name)
  return conditions[name] ~= nil and conditions[name].status == "True"
end
local ready = conditions.Ready
if ready == nil then
  return hs
end
hs.message = (ready.reason or "Unknown") .. ": " .. (ready.message or "")
if ready.reason == "Suspended" then
  hs.status = "Suspended"
elseif isTrue("Reconciling") then
  hs.status = "Progressing"
elseif isTrue("Stalled") then
  hs.status = "Degraded"
elseif isTrue("Ready") then
  hs.status = "Healthy"
end
return hs
