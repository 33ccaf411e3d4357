{{- define "headgate-agent.name" -}}
{{ default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "headgate-agent.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else -}}
{{- $name := include "headgate-agent.name" . -}}
{{ ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 50 | trimSuffix "-" }}
{{- end -}}
{{- end }}

{{- define "headgate-agent.selector" -}}
app.kubernetes.io/name: {{ include "headgate-agent.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "headgate-agent.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "headgate-agent.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "headgate-agent.serviceAccount" -}}
{{- $account := .Values.serviceAccount | default dict -}}
{{- if eq (toString $account.create) "false" -}}
{{ default "default" $account.name }}
{{- else -}}
{{ default (include "headgate-agent.fullname" .) $account.name }}
{{- end -}}
{{- end }}

{{- define "headgate-agent.image" -}}
{{- $image := .Values.image | default dict -}}
{{- $repository := default "headgate/agent" $image.repository -}}
{{- if $image.digest -}}
{{ printf "%s@%s" $repository $image.digest }}
{{- else -}}
{{ printf "%s:%s" $repository (default .Chart.AppVersion $image.tag) }}
{{- end -}}
{{- end }}

{{- define "headgate-agent.tokenSecret" -}}
{{- $token := .Values.token | default dict -}}
{{- if $token.existingSecret -}}
{{ $token.existingSecret }}
{{- else if $token.value -}}
{{ include "headgate-agent.fullname" . }}-token
{{- else -}}
{{ fail "The agent needs a token. Make a Secret with it and set token.existingSecret to its name, as `headgate agent token create --helm` shows." }}
{{- end -}}
{{- end }}

{{/* "yes", or nothing. */}}
{{- define "headgate-agent.usesJobs" -}}
{{- if eq (toString .Values.executor) "kubernetes" -}}yes{{- end -}}
{{- end }}

{{/* What the agent reads about the Jobs of steps. Values that are null are left out, so that the agent's defaults hold. */}}
{{- define "headgate-agent.runs" -}}
{{- $runs := .Values.runs | default dict -}}
{{- $settings := dict "release" (include "headgate-agent.fullname" .) "namespace" .Release.Namespace -}}
{{- $_ := set $settings "image" (default (include "headgate-agent.image" .) $runs.image) -}}
{{- $_ := set $settings "serviceAccountName" (printf "%s-runs" (include "headgate-agent.fullname" .)) -}}
{{- $_ := set $settings "imagePullSecrets" (.Values.imagePullSecrets | default list) -}}
{{- with (.Values.image | default dict).pullPolicy -}}{{- $_ := set $settings "imagePullPolicy" . -}}{{- end -}}
{{- $_ := set $settings "podSecurityContext" (include "headgate-agent.podSecurityContext" . | fromYaml) -}}
{{- $_ := set $settings "securityContext" (include "headgate-agent.securityContext" . | fromYaml) -}}
{{- range list "maxConcurrent" "ttlSecondsAfterFinished" "activeDeadlineSeconds" "pendingTimeoutSeconds" "imagePullGraceSeconds" "podCreateTimeoutSeconds" "terminationGracePeriodSeconds" -}}
{{- $value := get $runs . -}}
{{- if and (hasKey $runs .) (not (kindIs "invalid" $value)) -}}{{- $_ := set $settings . (int64 $value) -}}{{- end -}}
{{- end -}}
{{- range list "resources" "envFrom" "nodeSelector" "tolerations" "podLabels" "podAnnotations" -}}
{{- $value := get $runs . -}}
{{- if $value -}}{{- $_ := set $settings . $value -}}{{- end -}}
{{- end -}}
{{- $env := $runs.env | default list -}}
{{- $volumes := $runs.volumes | default list -}}
{{- $mounts := $runs.volumeMounts | default list -}}
{{- with (.Values.extraCa | default dict).configMap -}}
{{- $item := dict "key" (default "ca.crt" $.Values.extraCa.key) "path" "ca.crt" -}}
{{- $volumes = append $volumes (dict "name" "ca" "configMap" (dict "name" . "items" (list $item))) -}}
{{- $mounts = append $mounts (dict "name" "ca" "mountPath" "/etc/headgate/ca" "readOnly" true) -}}
{{- $env = prepend $env (dict "name" "NODE_EXTRA_CA_CERTS" "value" "/etc/headgate/ca/ca.crt") -}}
{{- end -}}
{{- $_ := set $settings "env" $env -}}
{{- $_ := set $settings "volumes" $volumes -}}
{{- $_ := set $settings "volumeMounts" $mounts -}}
{{ toPrettyJson $settings }}
{{- end }}

{{- define "headgate-agent.healthPort" -}}
{{ default 9090 (.Values.health | default dict).port | int64 }}
{{- end }}

{{/* The variables that the chart itself sets, as a YAML list. Those of null values are left out. */}}
{{- define "headgate-agent.ownEnv" -}}
{{- $proxy := .Values.proxy | default dict -}}
{{- $extraCa := .Values.extraCa | default dict -}}
- name: HEADGATE_URL
  value: {{ .Values.controlPlane.url | quote }}
{{- with .Values.controlPlane.queue }}
- name: HEADGATE_AGENT_QUEUE
  value: {{ . | quote }}
{{- end }}
{{- if .Values.controlPlane.insecure }}
- name: HEADGATE_INSECURE
  value: "1"
{{- end }}
- name: HEADGATE_AGENT_TOKEN_FILE
  value: /var/run/headgate/token
- name: HEADGATE_AGENT_DATA
  value: /var/lib/headgate-agent
- name: HEADGATE_HEALTH_PORT
  value: {{ include "headgate-agent.healthPort" . | quote }}
- name: HEADGATE_HEALTH_HOST
  valueFrom:
    fieldRef:
      fieldPath: status.podIP
{{- if not (kindIs "invalid" .Values.slots) }}
- name: HEADGATE_AGENT_SLOTS
  value: {{ .Values.slots | int64 | quote }}
{{- end }}
{{- if not (kindIs "invalid" .Values.warmWorkers) }}
- name: HEADGATE_WARM_WORKERS
  value: {{ .Values.warmWorkers | int64 | quote }}
{{- end }}
{{- if not (kindIs "invalid" .Values.workerMemoryMb) }}
- name: HEADGATE_WORKER_MEMORY
  value: {{ .Values.workerMemoryMb | int64 | quote }}
{{- end }}
{{- with .Values.workerEnv }}
- name: HEADGATE_WORKER_ENV
  value: {{ join "," . | quote }}
{{- end }}
{{- with .Values.labels }}
{{- $pairs := list }}
{{- range $name, $value := . }}
{{- $pairs = append $pairs (printf "%s=%s" $name (toString $value)) }}
{{- end }}
- name: HEADGATE_AGENT_LABELS
  value: {{ join "," $pairs | quote }}
{{- end }}
- name: HEADGATE_AGENT_GRACE
  value: {{ include "headgate-agent.grace" . | quote }}
{{- with .Values.logLevel }}
- name: HEADGATE_LOG_LEVEL
  value: {{ . | quote }}
{{- end }}
{{- with .Values.modules }}
- name: HEADGATE_MODULES
  value: {{ . | quote }}
{{- end }}
{{- if $proxy.https }}
- name: NODE_USE_ENV_PROXY
  value: "1"
- name: HTTPS_PROXY
  value: {{ $proxy.https | quote }}
{{- with $proxy.no }}
- name: NO_PROXY
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- if include "headgate-agent.usesJobs" . }}
- name: HEADGATE_EXECUTOR
  value: kubernetes
- name: HEADGATE_POD_SETTINGS
  value: /etc/headgate/runs/runs.json
{{- end }}
{{- if $extraCa.configMap }}
- name: NODE_EXTRA_CA_CERTS
  value: /etc/headgate/ca/ca.crt
{{- end }}
{{- end }}

{{/* A name may stand in the list only once: Kubernetes refuses the object otherwise. The user's entry wins, and of two of them the last. */}}
{{- define "headgate-agent.env" -}}
{{- $user := dict -}}
{{- $order := list -}}
{{- range .Values.env | default list -}}
{{- if not (hasKey $user .name) -}}{{- $order = append $order .name -}}{{- end -}}
{{- $_ := set $user .name . -}}
{{- end -}}
{{- $env := list -}}
{{- range include "headgate-agent.ownEnv" . | fromYamlArray -}}
{{- if not (hasKey $user .name) -}}{{- $env = append $env . -}}{{- end -}}
{{- end -}}
{{- range $order -}}{{- $env = append $env (get $user .) -}}{{- end -}}
{{ toYaml $env }}
{{- end }}

{{- define "headgate-agent.grace" -}}
{{ ternary 25 .Values.graceSeconds (kindIs "invalid" .Values.graceSeconds) | int64 }}
{{- end }}

{{/* Running steps get the grace time; stopping the rest, the last reports and uploads take some seconds more. */}}
{{- define "headgate-agent.terminationGrace" -}}
{{- if kindIs "invalid" .Values.terminationGracePeriodSeconds -}}
{{ add (include "headgate-agent.grace" . | int64) 35 }}
{{- else -}}
{{ .Values.terminationGracePeriodSeconds | int64 }}
{{- end -}}
{{- end }}

{{- define "headgate-agent.podSecurityContext" -}}
{{- $own := dict "runAsNonRoot" true "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- $merged := mergeOverwrite $own (.Values.podSecurityContext | default dict) -}}
{{- range $key, $value := deepCopy $merged -}}
{{- if kindIs "invalid" $value -}}{{- $_ := unset $merged $key -}}
{{- else if kindIs "float64" $value -}}{{- $_ := set $merged $key (int64 $value) -}}{{- end -}}
{{- end -}}
{{ toYaml $merged }}
{{- end }}

{{- define "headgate-agent.securityContext" -}}
{{- $own := dict "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true "capabilities" (dict "drop" (list "ALL")) -}}
{{ toYaml (mergeOverwrite $own (.Values.securityContext | default dict)) }}
{{- end }}

{{/* What the agent and the connection test have in common. */}}
{{- define "headgate-agent.podBase" -}}
serviceAccountName: {{ include "headgate-agent.serviceAccount" . }}
automountServiceAccountToken: {{ ternary "true" "false" (eq (include "headgate-agent.usesJobs" .) "yes") }}
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
securityContext:
  {{- include "headgate-agent.podSecurityContext" . | nindent 2 }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "headgate-agent.containerBase" -}}
image: {{ include "headgate-agent.image" . | quote }}
{{- with (.Values.image | default dict).pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
terminationMessagePolicy: FallbackToLogsOnError
securityContext:
  {{- include "headgate-agent.securityContext" . | nindent 2 }}
env:
  {{- include "headgate-agent.env" . | nindent 2 }}
{{- with .Values.envFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumeMounts:
  - name: token
    mountPath: /var/run/headgate
    readOnly: true
  - name: data
    mountPath: /var/lib/headgate-agent
  - name: tmp
    mountPath: /tmp
  {{- if include "headgate-agent.usesJobs" . }}
  - name: runs
    mountPath: /etc/headgate/runs
    readOnly: true
  {{- end }}
  {{- if (.Values.extraCa | default dict).configMap }}
  - name: ca
    mountPath: /etc/headgate/ca
    readOnly: true
  {{- end }}
  {{- with .Values.volumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{- define "headgate-agent.volumes" -}}
{{- $token := .Values.token | default dict -}}
{{- $extraCa := .Values.extraCa | default dict -}}
- name: token
  secret:
    secretName: {{ include "headgate-agent.tokenSecret" . }}
    items:
      - key: {{ ternary (default "token" $token.key) "token" (not (not $token.existingSecret)) }}
        path: token
- name: tmp
  emptyDir:
    {{- with (.Values.tmp | default dict).sizeLimit }}
    sizeLimit: {{ . }}
    {{- else }} {}
    {{- end }}
{{- if include "headgate-agent.usesJobs" . }}
- name: runs
  configMap:
    name: {{ include "headgate-agent.fullname" . }}-runs
{{- end }}
{{- if $extraCa.configMap }}
- name: ca
  configMap:
    name: {{ $extraCa.configMap }}
    items:
      - key: {{ default "ca.crt" $extraCa.key }}
        path: ca.crt
{{- end }}
{{- with .Values.volumes }}
{{ toYaml . }}
{{- end }}
{{- end }}
