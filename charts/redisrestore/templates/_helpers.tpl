{{- define "redisrestore.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "redisrestore.instanceLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- /* Of the controller's pods. */ -}}
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
{{- default "default" .Values.serviceAccount.name -}}
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

{{- /* What the controller may do with objects, in one namespace or in all. */ -}}
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
- {kind: ServiceAccount, name: {{ include "redisrestore.serviceAccountName" . }}, namespace: {{ .Release.Namespace }}}
{{- end -}}

{{- /* What a ServiceMonitor and a PodMonitor say about a target; given: root, monitor, certificate's default. */ -}}
{{- define "redisrestore.scrape" -}}
port: metrics
path: /metrics
honorLabels: true # namespace and name of a series are those of an object
{{- with .monitor.interval }}
interval: {{ . }}
{{- end }}
{{- with .monitor.scrapeTimeout }}
scrapeTimeout: {{ . }}
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
    secret: {name: {{ .root.Values.metrics.certificateSecret }}, key: ca.crt}
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
