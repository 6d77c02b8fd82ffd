{{- /* A setting of the settings file. Argument: list $ GROUP NAME DEFAULT. */}}
{{- define "bomgate.setting" -}}
{{- $group := index (index . 0).Values.config (index . 1) | default dict }}
{{- $value := index $group (index . 2) }}
{{- kindIs "invalid" $value | ternary (index . 3) $value }}
{{- end }}

{{- /* The mode of namespaces without a label; YAML reads a plain off as false. */}}
{{- define "bomgate.defaultMode" -}}
{{- include "bomgate.setting" (list . "policy" "enforce" "deny") | replace "false" "off" }}
{{- end }}

{{- /* Not empty when a setting is true. Argument: as for bomgate.setting. */}}
{{- define "bomgate.isSet" -}}
{{- if eq (include "bomgate.setting" .) "true" }}yes{{ end }}
{{- end }}

{{- /* Not empty when SBOMs are taken from reports in the cluster. */}}
{{- define "bomgate.clusterReports" -}}
{{- $sbom := .Values.config.sbom | default dict }}
{{- if has "clusterReports" ($sbom.sources | default list) }}yes{{ end }}
{{- end }}
