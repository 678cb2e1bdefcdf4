{{- /* SPDX-License-Identifier: Apache-2.0 */ -}}

{{- /* Makes the values safe to read. Every template that reads values includes it first; a second time changes nothing.
       null unsets a value. Helm removes such a key from the values of a release, but hands null on to a subchart. */ -}}
{{- define "redisrestore.prepare" -}}
{{- include "redisrestore.dropNulls" .Values -}}
{{- range list "image" "crds" "leaderElection" "kubeAPI" "log" "endpoints" "credentials" "caBundle" "serviceAccount" "rbac" "resources" "podDisruptionBudget" "networkPolicy" "metrics" -}}
{{- $_ := set $.Values . (default dict (get $.Values .)) -}}
{{- end -}}
{{- $_ := set .Values.credentials "serviceAccounts" (default dict .Values.credentials.serviceAccounts) -}}
{{- $_ := set .Values.networkPolicy "egress" (default dict .Values.networkPolicy.egress) -}}
{{- range list "service" "serviceMonitor" "podMonitor" "prometheusRule" "dashboard" -}}
{{- $_ := set $.Values.metrics . (default dict (get $.Values.metrics .)) -}}
{{- end -}}
{{- end -}}

{{- define "redisrestore.dropNulls" -}}
{{- range $key, $value := . -}}
{{- if kindIs "invalid" $value -}}
{{- $_ := unset $ $key -}}
{{- else if kindIs "map" $value -}}
{{- include "redisrestore.dropNulls" $value -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* Beginning of the names of the objects: a DNS label of at most 40 characters, because some names go on with 23 more.
       A name that is changed to fit ends in a hash of the whole name, so that two releases never share one. */ -}}
{{- define "redisrestore.fullname" -}}
{{- $chart := default .Chart.Name .Values.nameOverride -}}
{{- $name := .Release.Name -}}
{{- if .Values.fullnameOverride -}}
{{- $name = .Values.fullnameOverride -}}
{{- else if not (contains $chart $name) -}}
{{- $name = printf "%s-%s" $name $chart -}}
{{- end -}}
{{- if and (le (len $name) 40) (regexMatch "^[a-z][a-z0-9-]*$" $name) -}}
{{- $name -}}
{{- else -}}
{{- $label := $name | replace "." "-" -}}
{{- if not (regexMatch "^[a-z]" $label) -}}
{{- $label = printf "r-%s" $label -}}
{{- end -}}
{{- printf "%s-%s" ($label | trunc 31 | trimSuffix "-") ($name | sha256sum | trunc 8) -}}
{{- end -}}
{{- end -}}

{{- /* End of the names of cluster-scoped objects and of objects in other namespaces, which releases in two namespaces must not share. */ -}}
{{- define "redisrestore.scope" -}}
.{{ .Release.Namespace }}
{{- end -}}

{{- define "redisrestore.instanceLabels" -}}
app.kubernetes.io/name: {{ toYaml (default .Chart.Name .Values.nameOverride) }}
app.kubernetes.io/instance: {{ toYaml .Release.Name }}
{{- end -}}

{{- /* Labels of the controller's pods. */ -}}
{{- define "redisrestore.selectorLabels" -}}
{{ include "redisrestore.instanceLabels" . }}
app.kubernetes.io/component: controller
{{- end -}}

{{- define "redisrestore.labels" -}}
{{ include "redisrestore.instanceLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "redisrestore.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (printf "%s-controller" (include "redisrestore.fullname" .)) .Values.serviceAccount.name -}}
{{- else -}}
{{- .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "redisrestore.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "redisrestore.leaseName" -}}
{{- $fullname := include "redisrestore.fullname" . -}}
{{- if .Values.leaderElection.leaseName -}}
{{- .Values.leaderElection.leaseName -}}
{{- else if eq $fullname "redisrestore" -}}
controller.redisrestore.dev
{{- else -}}
{{- $fullname }}.redisrestore.dev
{{- end -}}
{{- end -}}

{{- /* Permissions of the controller on objects, in one namespace or in all. */ -}}
{{- define "redisrestore.rules" -}}
- apiGroups: [redisrestore.dev]
  resources: [redisrestores]
  verbs: [get, list, watch]
- apiGroups: [redisrestore.dev]
  resources: [redisrestores/status]
  verbs: [patch]
- apiGroups: [""]
  resources: [secrets]
  verbs: [get]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end -}}

{{- define "redisrestore.subject" -}}
- {kind: ServiceAccount, name: {{ include "redisrestore.serviceAccountName" . | toYaml }}, namespace: {{ toYaml .Release.Namespace }}}
{{- end -}}

{{- /* The endpoint of a ServiceMonitor or a PodMonitor. Takes a dict of root and monitor. */ -}}
{{- define "redisrestore.scrape" -}}
port: metrics
path: /metrics
honorLabels: true # the labels namespace and name of a series name an object
{{- with .monitor.interval }}
interval: {{ toYaml . }}
{{- end }}
{{- with .monitor.scrapeTimeout }}
scrapeTimeout: {{ toYaml . }}
{{- end }}
{{- if .root.Values.metrics.secure }}
scheme: https
{{- with .monitor.tokenSecret }}
authorization:
  credentials:
    {{- toYaml . | nindent 4 }}
{{- end }}
tlsConfig:
  {{- if .monitor.tlsConfig }}
  {{- toYaml .monitor.tlsConfig | nindent 2 }}
  {{- else if .root.Values.metrics.certificateSecret }}
  ca:
    secret: {name: {{ toYaml .root.Values.metrics.certificateSecret }}, key: ca.crt}
  serverName: {{ include "redisrestore.fullname" .root }}-metrics.{{ .root.Release.Namespace }}.svc
  {{- else }}
  insecureSkipVerify: true
  {{- end }}
{{- end }}
{{- with .monitor.relabelings }}
relabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .monitor.metricRelabelings }}
metricRelabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* Ports of the proxies that the values name, as a JSON array without duplicates. */ -}}
{{- define "redisrestore.proxyPorts" -}}
{{- $urls := list (default "" .Values.storageProxy) -}}
{{- range .Values.extraEnv -}}
{{- if has (upper .name) (list "HTTPS_PROXY" "HTTP_PROXY") -}}
{{- $urls = append $urls (default "" .value) -}}
{{- end -}}
{{- end -}}
{{- $ports := list -}}
{{- range compact $urls -}}
{{- $url := contains "://" . | ternary . (printf "http://%s" .) -}}
{{- $port := regexFind ":[0-9]+/*$" $url | trimPrefix ":" | trimSuffix "/" -}}
{{- $ports = append $ports (int (default (get (dict "http" "80" "https" "443") (regexFind "^[a-z]+" (lower $url)) | default "1080") $port)) -}}
{{- end -}}
{{- $ports | uniq | toJson -}}
{{- end -}}
