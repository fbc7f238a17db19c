{{- define "loupe.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* What a service's container has whatever it does. "gpus": how many it gets. "mounts": volumes of its own. */}}
{{- define "loupe.container" -}}
{{- $values := .root.Values }}
{{- $known := (include "loupe.known" . | fromJson).names -}}
image: {{ include "loupe.image" (dict "root" .root "image" .values.image) }}
imagePullPolicy: {{ $values.image.pullPolicy }}
command: [python, -m, loupe_{{ .service }}]
env: {{- include "loupe.env" . | trim | nindent 2 }}
{{- $resources := deepCopy .values.resources }}
{{- with .gpus }}
{{- $limits := set ($resources.limits | default dict) "nvidia.com/gpu" . }}
{{- $_ := set $resources "limits" $limits }}
{{- end }}
resources: {{- toYaml $resources | nindent 2 }}
securityContext: {{- include "loupe.securityContext" . | nindent 2 }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  {{- if has "LOUPE_HEARTBEAT_FILE" $known }}
  - {name: run, mountPath: /run/loupe}
  {{- end }}
  {{- if .hasModel }}
  # As a whole: in a volume, a link to the bundle can be laid anew.
  - {name: model, mountPath: /model, readOnly: true}
  {{- end }}
  {{- if and (has "LOUPE_SQLITE_PATH" $known) (eq $values.settings.LOUPE_RESULTS_STORE "sqlite") }}
  - {name: results, mountPath: /var/lib/loupe}
  {{- end }}
  {{- if and (has "LOUPE_API_KEYS_FILE" $known) $values.secrets.apiKeys.name }}
  - {name: api-keys, mountPath: /etc/loupe/api-keys, readOnly: true}
  {{- end }}
  {{- with .mounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* Where the bundle is: the root of what the init container filled, or a folder of the volume. */}}
{{- define "loupe.bundle" -}}
{{- with .Values.model }}/model{{ if and .claim .path }}/{{ .path }}{{ end }}{{ end }}
{{- end }}

{{/* Probes of a service that answers HTTP. */}}
{{- define "loupe.httpProbes" -}}
startupProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet: {path: /readyz, port: http}
  periodSeconds: 5
  timeoutSeconds: 6
  failureThreshold: 3
{{- end }}

{{/*
Probes of a worker: the age of the file that it touches every five seconds, from when it takes jobs. It needs no shell,
no broker, and some 10 ms. "startupSeconds": until then the file must be there.
*/}}
{{- define "loupe.heartbeatProbes" -}}
startupProbe:
  exec: {command: &heartbeat [python, -I, -S, -c, "import os, sys, time; sys.exit(time.time() - os.stat('/run/loupe/heartbeat').st_mtime > 30)"]}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: {{ div (add .startupSeconds 4) 5 }}
livenessProbe:
  exec: {command: *heartbeat}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
{{- end }}

{{- define "loupe.metricsPort" -}}
- {name: metrics, containerPort: {{ .Values.monitoring.port }}}
{{- end }}
