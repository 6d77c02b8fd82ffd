{{- /* The part in a fleet, which decides how local assessments count; every process has to know it. Argument: the root. */}}
{{- define "bomgate.fleetMode" -}}
{{- if ne .Values.fleet.mode "standalone" }}
- name: BOMGATE_FLEET_MODE
  value: {{ .Values.fleet.mode }}
{{- end }}
{{- end }}

{{- /* What a process needs to ask the hub. Argument: the root. */}}
{{- define "bomgate.memberEnvironment" -}}
{{- if eq .Values.fleet.mode "member" }}
{{- $secret := required "fleet.member.existingSecret is missing: it has the token of this member, and the hub's keys" .Values.fleet.member.existingSecret }}
- name: BOMGATE_FLEET_HUB_KEYS
  value: /run/bomgate/fleet/hub.pub
{{- if .Values.fleet.member.hub }}
- name: BOMGATE_FLEET_HUB
  value: {{ .Values.fleet.member.hub | quote }}
- name: BOMGATE_FLEET_TOKEN_FILE
  value: /run/bomgate/fleet/token
{{- if .Values.fleet.member.customCa }}
- name: BOMGATE_FLEET_CA_FILE
  value: /run/bomgate/fleet/ca.crt
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "bomgate.memberMounts" -}}
{{- if eq .Values.fleet.mode "member" }}
- name: fleet
  mountPath: /run/bomgate/fleet
  readOnly: true
{{- end }}
{{- end }}

{{- define "bomgate.memberVolumes" -}}
{{- if eq .Values.fleet.mode "member" }}
- name: fleet
  secret:
    secretName: {{ .Values.fleet.member.existingSecret }}
    defaultMode: 0440
{{- end }}
{{- end }}
