{{- /* The first part of all names: the release's name, with the chart's name where that is not in it. */}}
{{- define "bomgate.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride }}
{{- else if contains .Chart.Name .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- /* The policy that guards tickets of break-glass, and its binding. */}}
{{- define "bomgate.ticketGuard" -}}
{{- include "bomgate.fullname" . }}-break-glass-guard
{{- end }}

{{- /* The policy that makes sure who wrote a request, and its binding. */}}
{{- define "bomgate.requestGuard" -}}
{{- include "bomgate.fullname" . }}-request-guard
{{- end }}

{{- /* The policy that says which Jobs the console may make, and its binding. */}}
{{- define "bomgate.runGuard" -}}
{{- include "bomgate.fullname" . }}-run-guard
{{- end }}

{{- /* The policy that makes sure who wrote an assessment, and its binding. */}}
{{- define "bomgate.authorGuard" -}}
{{- include "bomgate.fullname" . }}-author-guard
{{- end }}

{{- define "bomgate.databaseSecret" -}}
{{- .Values.database.existingSecret | default (printf "%s-database" (include "bomgate.fullname" .)) }}
{{- end }}

{{- define "bomgate.tlsSecret" -}}
{{- include "bomgate.fullname" . }}-webhook-tls
{{- end }}

{{- define "bomgate.consoleSecret" -}}
{{- include "bomgate.fullname" . }}-console-tls
{{- end }}

{{- /* How browsers reach the console; without a host, as one reaches it by a forwarded port. */}}
{{- define "bomgate.consoleUrl" -}}
https://{{ .Values.console.host | default "localhost:8443" }}
{{- end }}

{{- define "bomgate.priorityClass" -}}
{{- .Values.priorityClassName | default (include "bomgate.fullname" .) }}
{{- end }}

{{- define "bomgate.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) }}
{{- end }}
{{- end }}

{{- /* What never changes about the Pods of a component. Argument: dict "root" $ "component" NAME. */}}
{{- define "bomgate.selectorLabels" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- /* The labels of every object. Argument: as for bomgate.selectorLabels; an object that concerns all has no component. */}}
{{- define "bomgate.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: bomgate
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end }}
