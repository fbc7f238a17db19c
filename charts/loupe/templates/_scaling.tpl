{{/* What ScaledObjects have in common. */}}
{{- define "loupe.scaling" -}}
{{- $keda := .values.keda -}}
scaleTargetRef: {name: {{ include "loupe.name" . }}}
minReplicaCount: {{ $keda.minReplicas }}
maxReplicaCount: {{ $keda.maxReplicas }}
pollingInterval: {{ $keda.pollingSeconds }}
cooldownPeriod: {{ $keda.cooldownSeconds }}
# What cannot be counted any more is no reason to stop anybody.
fallback:
  failureThreshold: 3
  replicas: {{ max 1 (int $keda.minReplicas) }}
  behavior: currentReplicasIfHigher
advanced:
  {{- if .queue }}
  # The sum: of several triggers alone, the greatest would count.
  scalingModifiers:
    formula: waiting + running
    target: {{ $keda.jobsPerReplica | quote }}
    activationTarget: "0"
  {{- end }}
  horizontalPodAutoscalerConfig:
    behavior:
      # A pod that is taken away finishes its jobs. But its successor has to load the model again.
      scaleDown:
        stabilizationWindowSeconds: {{ $keda.stabilizationSeconds }}
        policies: [{type: Pods, value: 1, periodSeconds: 120}]
{{- end }}

{{/*
The ScaledObject of workers that take jobs from a queue of the broker. The scaler measures lists and hashes, so it sees the
jobs that wait, in the list "queue", and those that a worker holds, in the hash beside it.
*/}}
{{- define "loupe.queueScaler" -}}
{{- if .values.keda.enabled }}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: {{ include "loupe.name" . }}
  labels: {{- include "loupe.labels" . | nindent 4 }}
spec:
  {{- include "loupe.scaling" . | nindent 2 }}
  triggers:
    {{- range $name, $key := dict "waiting" (printf "{loupe}:%s" .queue) "running" (printf "{loupe}:unacked-%s" .queue) }}
    - type: redis
      name: {{ $name }}
      metadata:
        address: {{ $.root.Values.broker.address | quote }}
        enableTLS: {{ $.root.Values.broker.tls | quote }}
        listName: {{ $key | quote }}
        listLength: {{ $.values.keda.jobsPerReplica | quote }}
      {{- if $.root.Values.secrets.brokerPassword.name }}
      authenticationRef: {name: {{ $.root.Release.Name }}-broker}
      {{- end }}
    {{- end }}
{{- end }}
{{- end }}

{{- define "loupe.hpa" -}}
{{- if .values.hpa.enabled }}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "loupe.name" . }}
  labels: {{- include "loupe.labels" . | nindent 4 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ include "loupe.name" . }}}
  minReplicas: {{ .values.hpa.minReplicas }}
  maxReplicas: {{ .values.hpa.maxReplicas }}
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: {{ .values.hpa.cpuPercent }}}}
{{- end }}
{{- end }}

{{/* One pod at a time, however many there are: a least number would keep nodes from being renewed when there is one. */}}
{{- define "loupe.pdb" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "loupe.name" . }}
  labels: {{- include "loupe.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{- include "loupe.selector" . | nindent 6 }}
{{- end }}
