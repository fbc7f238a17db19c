{{/* The variables that a service reads, as a list in "names". */}}
{{- define "loupe.known" -}}
{{- dict "names" (get (.root.Files.Get "files/settings.json" | fromJson) .service) | toJson -}}
{{- end }}

{{/* A setting as its service reads it. Helm reads every number as a float, and would write 50000000 as 5e+07. */}}
{{- define "loupe.text" -}}
{{- if kindIs "slice" . }}{{ toJson . }}
{{- else if and (kindIs "float64" .) (eq . (floor .)) }}{{ printf "%.0f" . }}
{{- else }}{{ . }}
{{- end }}
{{- end }}

{{/* What the chart knows itself. Each service gets of it what it reads. "more" is what this one has besides. */}}
{{- define "loupe.managed" -}}
{{- $values := .root.Values }}
{{- $found := dict
  "LOUPE_HEARTBEAT_FILE" "/run/loupe/heartbeat"
  "LOUPE_HOST" "0.0.0.0"
  "LOUPE_METRICS_HOST" "0.0.0.0"
  "LOUPE_METRICS_PORT" $values.monitoring.port
  "LOUPE_PORT" 8000 }}
{{- if $values.secrets.apiKeys.name }}
{{- $_ := set $found "LOUPE_API_KEYS_FILE" "/etc/loupe/api-keys/keys.json" }}
{{- end }}
{{- if eq $values.settings.LOUPE_RESULTS_STORE "sqlite" }}
{{- $_ := set $found "LOUPE_SQLITE_PATH" "/var/lib/loupe/results.sqlite" }}
{{- end }}
{{- merge (.more | default dict) $found | toJson }}
{{- end }}

{{/*
The environment of a service: the settings that all share, then its own, then what the chart knows. "settings" is a list of
maps of its own, of which later ones come first.
*/}}
{{- define "loupe.env" -}}
{{- $known := (include "loupe.known" . | fromJson).names }}
{{- $found := dict }}
{{- range $settings := concat (list .root.Values.settings) (.settings | default (list .values.settings)) (list (include "loupe.managed" . | fromJson)) }}
{{- range $name, $value := $settings }}
{{- if has $name $known }}{{ $_ := set $found $name (include "loupe.text" $value) }}{{ end }}
{{- end }}
{{- end }}
{{- range $name, $value := $found }}
{{- if $value }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- range $name, $secret := dict
  "LOUPE_BROKER_URL" .root.Values.secrets.brokerUrl
  "LOUPE_COSMOS_KEY" .root.Values.secrets.cosmosKey
  "LOUPE_KEY" .root.Values.training.apiKeySecret
  "LOUPE_STORAGE_KEY" .root.Values.secrets.storageKey
  "LOUPE_WEBHOOK_TOKEN" .root.Values.secrets.webhookToken }}
{{- if and $secret.name (has $name $known) }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef: {name: {{ $secret.name }}, key: {{ $secret.key }}}
{{- end }}
{{- end }}
{{- if has "LOUPE_RUN" $known }}
# Pods of one job go on where the one before was interrupted.
- name: LOUPE_RUN
  valueFrom:
    fieldRef: {fieldPath: "metadata.labels['batch.kubernetes.io/job-name']"}
{{- end }}
{{- if .root.Values.identity.enabled }}
# Without it, a pod whose identity is not injected would try other ways of signing in, one after another.
- name: AZURE_TOKEN_CREDENTIALS
  value: WorkloadIdentityCredential
{{- end }}
{{- end }}
