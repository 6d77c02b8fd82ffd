{{- /* The metadata of a Pod template. Argument: dict "root" $ "component" NAME. */}}
{{- define "bomgate.podMetadata" -}}
labels:
  {{- include "bomgate.labels" . | nindent 2 }}
  {{- with .root.Values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
annotations:
  checksum/config: {{ include (print .root.Template.BasePath "/configmap-settings.yaml") .root | sha256sum }}
  {{- with .root.Values.database.url }}
  checksum/database: {{ sha256sum . }}
  {{- end }}
  {{- with .root.Values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{- /* Where the Pods of bomgate run, and as whom. Argument: the root. */}}
{{- define "bomgate.podPlacement" -}}
# The variables that Kubernetes would make of Services begin like the settings of bomgate.
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Keeps the Pods of a component apart, as far as that can be done. Argument: dict "root" $ "component" NAME. */}}
{{- define "bomgate.spread" -}}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "bomgate.selectorLabels" . | nindent 14 }}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels:
        {{- include "bomgate.selectorLabels" $ | nindent 8 }}
  {{- end }}
{{- end }}

{{- /* What every container runs with: no way to more rights, and nothing to write to but its volumes. */}}
{{- define "bomgate.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- /* The environment of every process of bomgate. Argument: the root. */}}
{{- define "bomgate.environment" -}}
- name: BOMGATE_CONFIG
  value: /etc/bomgate/config.yaml
- name: BOMGATE_DATABASE_URL_FILE
  value: /run/bomgate/database/url
{{- with .Values.ossindex.url }}
- name: BOMGATE_OSSINDEX_URL
  value: {{ . | quote }}
{{- end }}
{{- if and .Values.console.enabled .Values.console.host }}
- name: BOMGATE_CONSOLE_URL
  value: {{ include "bomgate.consoleUrl" . }}
{{- end }}
{{- with include "bomgate.fleetMode" . | trim }}
{{ . }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* What a process needs to ask the API server. Argument: the root. */}}
{{- define "bomgate.clusterEnvironment" -}}
- name: BOMGATE_KUBE_CLUSTER
  value: "true"
- name: BOMGATE_KUBE_TICKET_GUARD
  value: {{ include "bomgate.ticketGuard" . }}
- name: BOMGATE_KUBE_REQUEST_GUARD
  value: {{ include "bomgate.requestGuard" . }}
- name: BOMGATE_KUBE_AUTHOR_GUARD
  value: {{ include "bomgate.authorGuard" . }}
- name: BOMGATE_KUBE_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
{{- end }}

{{- define "bomgate.volumeMounts" -}}
- name: config
  mountPath: /etc/bomgate
  readOnly: true
- name: database
  mountPath: /run/bomgate/database
  readOnly: true
- name: tmp
  mountPath: /tmp
- name: state
  mountPath: /var/lib/bomgate
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "bomgate.volumes" -}}
- name: config
  configMap:
    name: {{ include "bomgate.fullname" . }}-config
- name: database
  secret:
    secretName: {{ include "bomgate.databaseSecret" . }}
    defaultMode: 0440
    items:
      - key: url
        path: url
- name: tmp
  emptyDir: {}
- name: state
  emptyDir: {}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* The container that brings the database to the version of the program, before anything uses it. Argument: the root. */}}
{{- define "bomgate.migration" -}}
- name: migrate
  image: {{ include "bomgate.image" . | quote }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  args: [db, upgrade, --wait, "300"]
  env:
    {{- include "bomgate.environment" . | nindent 4 }}
  securityContext:
    {{- include "bomgate.containerSecurity" . | nindent 4 }}
  resources:
    requests: {cpu: 50m, memory: 96Mi}
    limits: {memory: 256Mi}
  volumeMounts:
    {{- include "bomgate.volumeMounts" . | nindent 4 }}
{{- end }}
