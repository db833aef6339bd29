{{/* A name: that of the release, and what it is. */}}
{{- define "mandate.name" -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{- define "mandate.selector" -}}
app.kubernetes.io/name: mandate
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "mandate.labels" -}}
{{ include "mandate.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* The values of `secret`, and the file that each becomes; its setting has the same name. */}}
{{- define "mandate.secrets" -}}
secretKey: secret-key
databaseUrl: database-url
redisUrl: redis-url
registrationToken: registration-token
outboundProxy: outbound-proxy
{{- end }}

{{/* What every pod has: no right, no account of the cluster, the secret as files. */}}
{{- define "mandate.pod" -}}
automountServiceAccountToken: false
# Without this Kubernetes sets MANDATE_PORT and others, which are no settings.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: secrets
    secret:
      secretName: {{ .Values.secret.name }}
      defaultMode: 0440
      items:
        {{- range $value, $file := include "mandate.secrets" . | fromYaml }}
        {{- with index $.Values.secret $value }}
        - key: {{ . | quote }}
          path: {{ $file }}
        {{- end }}
        {{- end }}
  - name: tmp
    emptyDir:
      medium: Memory
      sizeLimit: 64Mi
  {{- with .Values.configMap }}
  - name: files
    configMap:
      name: {{ . }}
  {{- end }}
{{- end }}

{{/* What every container has: the image, the settings, and a file system that cannot be written. */}}
{{- define "mandate.container" -}}
image: {{ printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
env:
  - name: MANDATE_ISSUER
    value: {{ .Values.issuer | quote }}
  - name: MANDATE_PROXY_HOPS
    value: {{ .Values.proxyHops | quote }}
  {{- range $value, $file := include "mandate.secrets" . | fromYaml }}
  {{- if index $.Values.secret $value }}
  - name: MANDATE_{{ $file | upper | replace "-" "_" }}_FILE
    value: /run/secrets/mandate/{{ $file }}
  {{- end }}
  {{- end }}
  {{- range $name, $value := .Values.settings }}
  - name: {{ $name }}
    {{- /* Helm reads a number as a fraction and would write 1.2096e+06. */}}
    value: {{ ternary (int64 $value) $value (kindIs "float64" $value) | quote }}
  {{- end }}
volumeMounts:
  - name: secrets
    mountPath: /run/secrets/mandate
    readOnly: true
  - name: tmp
    mountPath: /tmp
  {{- if .Values.configMap }}
  - name: files
    mountPath: /etc/mandate
    readOnly: true
  {{- end }}
{{- end }}
