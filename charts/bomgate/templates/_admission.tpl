{{- /* The namespaces that the webhook is never asked about, with commas. */}}
{{- define "bomgate.excludedNamespaces" -}}
{{- concat (list .Release.Namespace "kube-system" "kube-public" "kube-node-lease") .Values.excludedNamespaces | uniq | join "," }}
{{- end }}

{{- /* The namespaces that the webhook is asked about, without what the two entries add. Argument: dict "root" $ "modes"
       (the expression on the label bomgate.dev/enforce). */}}
{{- define "bomgate.namespaceSelector" -}}
matchExpressions:
  - key: kubernetes.io/metadata.name
    operator: NotIn
    values:
      {{- range splitList "," (include "bomgate.excludedNamespaces" .root) }}
      - {{ . }}
      {{- end }}
  - key: bomgate.dev/enforce
    {{- toYaml .modes | nindent 4 }}
  {{- with .root.Values.namespaceSelector.matchExpressions }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .root.Values.namespaceSelector.matchLabels }}
matchLabels:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "bomgate.clientConfig" -}}
# The CA is put in by the controller, or by cert-manager.
service:
  name: {{ include "bomgate.fullname" .root }}-webhook
  namespace: {{ .root.Release.Namespace }}
  path: {{ .path }}
  port: 443
{{- end }}

{{- define "bomgate.injection" -}}
{{- if eq .Values.certificates.mode "certManager" }}
annotations:
  cert-manager.io/inject-ca-from: {{ .Release.Namespace }}/{{ include "bomgate.fullname" . }}-webhook
{{- end }}
{{- end }}

{{- define "bomgate.rules" -}}
- apiGroups: [""]
  apiVersions: [v1]
  resources: [pods, replicationcontrollers, podtemplates]
  operations: [CREATE, UPDATE]
  scope: Namespaced
- apiGroups: [""]
  apiVersions: [v1]
  resources: [pods/ephemeralcontainers]
  operations: [UPDATE]
  scope: Namespaced
- apiGroups: [apps]
  apiVersions: [v1]
  resources: [deployments, statefulsets, daemonsets, replicasets]
  operations: [CREATE, UPDATE]
  scope: Namespaced
- apiGroups: [batch]
  apiVersions: [v1]
  resources: [jobs, cronjobs]
  operations: [CREATE, UPDATE]
  scope: Namespaced
{{- range .Values.extraRules }}
{{- /* What belongs to no namespace has no mode, and no selector leaves it out. */}}
{{ list (merge (dict "scope" "Namespaced") .) | toYaml }}
{{- end }}
{{- end }}

{{- define "bomgate.notByANode" -}}
# A kubelet shows its static Pods as mirrors. They run already. Only the user tells that it is a kubelet: whoever creates
# a Pod can write the annotation of a mirror, and so can whoever binds it, without an update of the Pod.
- name: not-by-a-node
  expression: >-
    !("system:nodes" in request.userInfo.?groups.orValue([]))
{{- end }}

{{- /* Spares calls that could only end in one way. None of them may ever be wrong: what they leave out is not judged.
       Each has to hold for every operation: one that fails refuses the request, or lets it pass, by the failure policy. */}}
{{- define "bomgate.matchConditions" -}}
# Nothing else brings a container. At DELETE there is no object, and at CONNECT one of another kind.
- name: created-or-updated
  expression: request.operation in ["CREATE", "UPDATE"]
# Evictions, bindings, scaling and status pass whatever the rules say, and while bomgate is down.
- name: object-or-ephemeral-containers
  expression: request.?subResource.orValue("") in ["", "ephemeralcontainers"]
{{ include "bomgate.notByANode" . }}
- name: not-being-deleted
  expression: >-
    object == null || !has(object.metadata) || !has(object.metadata.deletionTimestamp)
# An update that leaves the Pod template (of a Pod: its spec) and the ticket as they are brings no image. Kinds of other
# groups are asked about always: who knows where their images are?
- name: new-or-with-other-containers
  expression: >-
    request.operation != "UPDATE"
    || object == null || oldObject == null
    || !(request.kind.group in ["", "apps", "batch"])
    || object.?spec.?template != oldObject.?spec.?template
    || object.?spec.?jobTemplate != oldObject.?spec.?jobTemplate
    || object.?template != oldObject.?template
    || (request.kind.kind == "Pod" && object.?spec != oldObject.?spec)
    || object.?metadata.?annotations[?"bomgate.dev/break-glass"].orValue("") != oldObject.?metadata.?annotations[?"bomgate.dev/break-glass"].orValue("")
{{- end }}
