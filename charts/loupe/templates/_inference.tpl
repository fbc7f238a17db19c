{{/* Workers that infer, for new images and for batch jobs: "lane" says whose. "settings" is a list of theirs. */}}
{{- define "loupe.inference" -}}
{{- $values := .values }}
{{- $gpu := $values.gpu }}
{{- $device := "cpu" }}
{{- $model := "" }}
{{- range concat (list .root.Values.settings) .settings }}
{{- $device = .LOUPE_DEVICE | default $device }}
{{- $model = .LOUPE_MODEL_NAME | default $model }}
{{- end }}
{{- $more := dict "LOUPE_LANE" .lane }}
{{- $volumes := list }}
{{- $mounts := list }}
{{- if $model }}
{{- /* What is released of the model answers, and is fetched from the registry. */}}
{{- $_ := set $more "LOUPE_MODEL_CACHE" "/var/cache/models" }}
{{- $volumes = list (dict "name" "models" "emptyDir" (dict "sizeLimit" "4Gi")) }}
{{- $mounts = list (dict "name" "models" "mountPath" "/var/cache/models") }}
{{- else }}
{{- $_ := set $more "LOUPE_MODEL_BUNDLE" (include "loupe.bundle" .root) }}
{{- end }}
{{- if eq $device "tensorrt" }}
{{- $_ := set $more "LOUPE_TENSORRT_CACHE" "/var/cache/tensorrt" }}
{{- $claim := dict "persistentVolumeClaim" (dict "claimName" $gpu.engineClaim) }}
{{- $empty := dict "emptyDir" (dict "sizeLimit" "4Gi") }}
{{- $volumes = append $volumes (merge (dict "name" "engines") (ternary $claim $empty (ne $gpu.engineClaim ""))) }}
{{- $mounts = append $mounts (dict "name" "engines" "mountPath" "/var/cache/tensorrt") }}
{{- end }}
{{- if $gpu.count }}
{{- $values = merge (dict
  "nodeSelector" (merge (deepCopy $values.nodeSelector) $gpu.nodeSelector)
  "tolerations" (concat $values.tolerations $gpu.tolerations)) $values }}
{{- end }}
{{- $it := merge (dict "service" "inference" "values" $values "hasModel" (not $model) "more" $more "gpus" $gpu.count "volumes" $volumes
  "mounts" $mounts) . }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "loupe.name" $it }}
  labels: {{- include "loupe.labels" $it | nindent 4 }}
spec:
  {{- if not (or $values.keda.enabled $values.hpa.enabled) }}
  replicas: {{ $values.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  # A node may have to start first.
  progressDeadlineSeconds: {{ add 1200 $values.startupSeconds }}
  {{- if $gpu.count }}
  # GPUs may all be in use: the new pod takes the place of an old one.
  strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}
  {{- else }}
  strategy: {rollingUpdate: {maxSurge: 25%, maxUnavailable: 0}}
  {{- end }}
  selector:
    matchLabels: {{- include "loupe.selector" $it | nindent 6 }}
  template:
    metadata:
      labels: {{- include "loupe.podLabels" $it | nindent 8 }}
      {{- if $gpu.count }}
      annotations:
        # A node that has just started for them is not given back under their hands.
        cluster-autoscaler.kubernetes.io/safe-to-evict: "false"
      {{- end }}
    spec: {{- include "loupe.pod" $it | nindent 6 }}
      {{- include "loupe.spread" $it | nindent 6 }}
      {{- with .priorityClass }}
      priorityClassName: {{ . }}
      {{- end }}
      containers:
        - name: inference
          {{- include "loupe.container" $it | nindent 10 }}
          ports:
            {{- include "loupe.metricsPort" .root | nindent 12 }}
          {{- include "loupe.heartbeatProbes" $values | nindent 10 }}
---
{{ include "loupe.queueScaler" $it }}
---
{{ include "loupe.hpa" $it }}
---
{{ include "loupe.pdb" $it }}
{{- end }}
