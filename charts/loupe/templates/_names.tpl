{{/*
What every object is called and labelled. These and the other named templates take a map: "root" is the chart's whole
context, "name" the component, "service" its program, "values" its values.
*/}}

{{- define "loupe.name" -}}
{{ printf "%s-%s" .root.Release.Name .name }}
{{- end }}

{{/* What selects a component's pods. It never changes: selectors cannot be changed. */}}
{{- define "loupe.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{- define "loupe.labels" -}}
{{ include "loupe.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: loupe
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{/* No version among them, so that an upgrade replaces only the pods that it changes. */}}
{{- define "loupe.podLabels" -}}
{{ include "loupe.selector" . }}
{{- if .root.Values.identity.enabled }}
azure.workload.identity/use: "true"
{{- end }}
{{- end }}

{{/* The reference of an image: "image" is its values. */}}
{{- define "loupe.image" -}}
{{- $all := .root.Values.image -}}
{{- with $all.registry }}{{ . }}/{{ end -}}
{{ .image.repository }}:{{ coalesce .image.tag $all.tag .root.Chart.AppVersion }}
{{- with .image.digest }}@{{ . }}{{ end -}}
{{- end }}

{{- define "loupe.priorityClass" -}}
{{ .Values.backfill.priorityClass.name | default (printf "%s-backfill" .Release.Name) }}
{{- end }}
