{{/* What all pods have in common, beside their containers. "hasModel": whether they hold the model bundle. */}}
{{- define "loupe.pod" -}}
{{- $values := .root.Values }}
{{- $known := (include "loupe.known" . | fromJson).names -}}
serviceAccountName: {{ printf "%s-%s" .root.Release.Name .service }}
automountServiceAccountToken: false
# They would be variables such as LOUPE_PORT, and services read those as settings.
enableServiceLinks: false
terminationGracePeriodSeconds: {{ .values.terminationGraceSeconds }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with $values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- if and .hasModel $values.model.image.repository }}
initContainers:
  - name: model
    image: {{ include "loupe.image" (dict "root" .root "image" $values.model.image) }}
    imagePullPolicy: {{ $values.image.pullPolicy }}
    command: [cp, -R, /bundle/., /model]
    resources:
      requests: {cpu: 50m, memory: 32Mi}
      limits: {memory: 128Mi}
    securityContext: {{- include "loupe.securityContext" . | nindent 6 }}
    volumeMounts:
      - {name: model, mountPath: /model}
{{- end }}
volumes:
  - name: tmp
    emptyDir: {sizeLimit: 1Gi}
  {{- if has "LOUPE_HEARTBEAT_FILE" $known }}
  - name: run
    emptyDir: {medium: Memory, sizeLimit: 1Mi}
  {{- end }}
  {{- if .hasModel }}
  - name: model
    {{- if $values.model.image.repository }}
    emptyDir: {sizeLimit: 4Gi}
    {{- else }}
    persistentVolumeClaim: {claimName: {{ $values.model.claim }}, readOnly: true}
    {{- end }}
  {{- end }}
  {{- if and (has "LOUPE_SQLITE_PATH" $known) (eq $values.settings.LOUPE_RESULTS_STORE "sqlite") }}
  - name: results
    persistentVolumeClaim: {claimName: {{ $values.sqlite.claim }}}
  {{- end }}
  {{- if and (has "LOUPE_API_KEYS_FILE" $known) $values.secrets.apiKeys.name }}
  - name: api-keys
    secret:
      secretName: {{ $values.secrets.apiKeys.name }}
      items: [{key: {{ $values.secrets.apiKeys.key }}, path: keys.json}]
  {{- end }}
  {{- range .volumes }}
  - {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* Pods of one component keep away from each other, where there is room. */}}
{{- define "loupe.spread" -}}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "loupe.selector" $ | nindent 8 }}
  {{- end }}
{{- end }}
