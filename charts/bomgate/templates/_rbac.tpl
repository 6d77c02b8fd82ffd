{{- /* A role and its binding to a ServiceAccount. Argument: dict "root" $ "component" NAME "kind" (ClusterRole or Role)
       "rules" TEXT, and for a role in another namespace "namespace" NAME and "suffix" TEXT. */}}
{{- define "bomgate.granted" -}}
{{- $account := printf "%s-%s" (include "bomgate.fullname" .root) .component }}
{{- $name := printf "%s%s" $account (.suffix | default "") }}
{{- $namespace := .namespace | default .root.Release.Namespace }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ .kind }}
metadata:
  name: {{ $name }}
  {{- if eq .kind "Role" }}
  namespace: {{ $namespace }}
  {{- end }}
  labels:
    {{- include "bomgate.labels" . | nindent 4 }}
rules:
  {{- .rules | trim | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ .kind }}Binding
metadata:
  name: {{ $name }}
  {{- if eq .kind "Role" }}
  namespace: {{ $namespace }}
  {{- end }}
  labels:
    {{- include "bomgate.labels" . | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ .kind }}
  name: {{ $name }}
subjects:
  - kind: ServiceAccount
    name: {{ $account }}
    namespace: {{ .root.Release.Namespace }}
{{- end }}

{{- /* What searching for SBOMs needs, where the settings ask for it: the webhook and the controller both search. */}}
{{- define "bomgate.searchRules" -}}
{{- if include "bomgate.isSet" (list . "kube" "nodePlatforms" false) }}
- apiGroups: [""]
  resources: [nodes]
  verbs: [list]
{{- end }}
{{- if include "bomgate.clusterReports" . }}
- apiGroups: [aquasecurity.github.io]
  resources: [sbomreports, clustersbomreports]
  verbs: [get]
{{- end }}
{{- if and (include "bomgate.isSet" (list . "kube" "pullSecrets" false)) (not .Values.pullSecretNamespaces) }}
{{ include "bomgate.pullSecretRules" . }}
{{- end }}
{{- end }}

{{- define "bomgate.pullSecretRules" -}}
- apiGroups: [""]
  resources: [secrets, serviceaccounts]
  verbs: [get]
{{- end }}

{{- /* The same in the namespaces that were chosen. Argument: dict "root" $ "component" NAME. */}}
{{- define "bomgate.pullSecretRoles" -}}
{{- if include "bomgate.isSet" (list .root "kube" "pullSecrets" false) }}
{{- range .root.Values.pullSecretNamespaces }}
{{ include "bomgate.granted" (merge (dict "kind" "Role" "namespace" . "suffix" "-pull-secrets"
  "rules" (include "bomgate.pullSecretRules" $.root)) $) }}
{{- end }}
{{- end }}
{{- end }}
