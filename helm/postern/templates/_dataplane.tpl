{{/* The sidecar: an init container that stays, so that the first snapshot is there before the proxy starts. */}}
{{- define "postern.sync" -}}
- name: sync
  image: {{ include "postern.image" .root | quote }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  restartPolicy: Always
  command: [postern-sync]
  args:
  - --config=/run/postern/config
  - --gateway={{ .name }}
  - --namespace={{ .gateway.namespace }}
  - --health={{ .root.Values.listenAddress }}:9083
  {{- with .gateway.sync.extraEnv }}
  env:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  ports:
  - {name: sync-health, containerPort: 9083}
  # Whoever waits here waits for the operator; only the first snapshot is worth waiting for, and that for an hour.
  startupProbe:
    {{- include "postern.probe" (dict "path" "/readyz" "port" "sync-health" "periodSeconds" 1 "timeoutSeconds" 2 "failureThreshold" 3600) | nindent 4 }}
  livenessProbe:
    {{- include "postern.probe" (dict "path" "/healthz" "port" "sync-health" "timeoutSeconds" 5) | nindent 4 }}
  resources:
    {{- toYaml .gateway.sync.resources | nindent 4 }}
  securityContext:
    {{- toYaml .root.Values.containerSecurityContext | nindent 4 }}
  volumeMounts:
  - {name: snapshot, mountPath: /run/postern}
  - {name: api-token, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}
{{- end }}

{{/* The share of requests with a line: `off` and `on` may have been read as booleans. */}}
{{- define "postern.accessLog" -}}
{{- if kindIs "bool" . }}{{ ternary "on" "off" . }}{{ else if kindIs "string" . }}{{ . }}{{ else }}{{ printf "%g" (float64 .) }}{{ end }}
{{- end }}

{{/* The proxy. */}}
{{- define "postern.proxy" -}}
{{- $gateway := .gateway -}}
{{- $listen := .root.Values.listenAddress -}}
- name: proxy
  image: {{ include "postern.image" .root | quote }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  command: [postern-dataplane]
  args:
  - --config=/run/postern/config
  - --listen={{ $listen }}:8080
  - --admin={{ $listen }}:9081
  {{- with $gateway.workers }}
  - --workers={{ int . }}
  {{- end }}
  {{- with $gateway.trustedProxies }}
  - --trusted-proxies={{ join "," . }}
  {{- end }}
  {{- with $gateway.allowedUpstreams }}
  - --allowed-upstreams={{ join "," . }}
  {{- end }}
  - --access-log={{ include "postern.accessLog" $gateway.accessLog }}
  {{- if ne $gateway.accessLogFormat "postern" }}
  - --access-log-format={{ $gateway.accessLogFormat }}
  {{- end }}
  {{- with $gateway.accessLogClaims }}
  - {{ printf "--access-log-claims=%s" (join "," .) | quote }}
  {{- end }}
  {{- if $gateway.requestId }}
  - --request-id=on
  {{- end }}
  {{- if not (has $gateway.traceContext (list "off" false)) }}
  - --trace-context={{ $gateway.traceContext }}
  {{- end }}
  {{- if ne (int $gateway.metricsRoutes) 1000 }}
  - --metrics-routes={{ int $gateway.metricsRoutes | default "off" }}
  {{- end }}
  - --drain-grace={{ int $gateway.drainGraceSeconds }}s
  {{- with $gateway.tls }}
  {{- if .enabled }}
  - --listen-tls={{ $listen }}:8443
  {{- if .secrets }}
  - --certificates=/etc/postern/tls
  {{- end }}
  - --tls-min-version={{ .minVersion }}
  {{- if .clientValidation.caConfigMap.name }}
  - --tls-client-ca=/etc/postern/tls-client-ca/ca.crt
  - --tls-client-validation={{ lower .clientValidation.mode }}
  {{- end }}
  {{- if .redirect }}
  - --redirect-to-https={{ .redirectPort | default $gateway.service.httpsPort | int }}
  {{- end }}
  {{- end }}
  {{- end }}
  {{- with $gateway.rateLimitStore }}
  {{- if .url }}
  - {{ printf "--rate-limit-store=%s" .url | quote }}
  {{- if .passwordSecret.name }}
  - --rate-limit-store-password-file=/etc/postern/rate-limit-store/password
  {{- end }}
  {{- if .caConfigMap.name }}
  - --rate-limit-store-ca-file=/etc/postern/rate-limit-store-ca/ca.crt
  {{- end }}
  {{- end }}
  {{- end }}
  {{- range $gateway.extraArgs }}
  - {{ . | quote }}
  {{- end }}
  {{- with $gateway.extraEnv }}
  env:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  ports:
  - {name: http, containerPort: 8080}
  {{- if $gateway.tls.enabled }}
  - {name: https, containerPort: 8443}
  {{- end }}
  - {name: admin, containerPort: 9081}
  {{- with $gateway.preStopSeconds }}
  # It goes on serving until everybody has heard that this pod ends.
  lifecycle:
    preStop:
      sleep: {seconds: {{ int . }}}
  {{- end }}
  startupProbe:
    {{- include "postern.probe" (dict "path" "/healthz" "port" "admin" "periodSeconds" 1 "failureThreshold" 60) | nindent 4 }}
  livenessProbe:
    {{- include "postern.probe" (dict "path" "/healthz" "port" "admin" "timeoutSeconds" 5) | nindent 4 }}
  # When every worker has a snapshot, and a certificate where TLS is served.
  readinessProbe:
    {{- include "postern.probe" (dict "path" "/readyz" "port" "admin" "periodSeconds" 2 "timeoutSeconds" 2) | nindent 4 }}
  resources:
    {{- toYaml $gateway.resources | nindent 4 }}
  securityContext:
    {{- toYaml .root.Values.containerSecurityContext | nindent 4 }}
  volumeMounts:
  - {name: snapshot, mountPath: /run/postern, readOnly: true}
  {{- if $gateway.tls.enabled }}
  {{- range $number, $secret := $gateway.tls.secrets }}
  - {name: tls-{{ $number }}, mountPath: /etc/postern/tls/{{ $secret }}, readOnly: true}
  {{- end }}
  {{- end }}
  {{- if and $gateway.tls.enabled $gateway.tls.clientValidation.caConfigMap.name }}
  - {name: tls-client-ca, mountPath: /etc/postern/tls-client-ca, readOnly: true}
  {{- end }}
  {{- with $gateway.rateLimitStore }}
  {{- if and .url .passwordSecret.name }}
  - {name: rate-limit-store, mountPath: /etc/postern/rate-limit-store, readOnly: true}
  {{- end }}
  {{- if and .url .caConfigMap.name }}
  - {name: rate-limit-store-ca, mountPath: /etc/postern/rate-limit-store-ca, readOnly: true}
  {{- end }}
  {{- end }}
  {{- with $gateway.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* The volumes of a data-plane pod; those with secrets can be read by the pod's group, which only its two containers have. */}}
{{- define "postern.volumes" -}}
# What the sidecar hands over holds keys, so it is never on a disk.
- name: snapshot
  emptyDir: {medium: Memory, sizeLimit: {{ .sync.volumeSize }}}
# What Kubernetes would mount by itself.
- name: api-token
  projected:
    defaultMode: 0440
    sources:
    - serviceAccountToken: {path: token, expirationSeconds: 3600}
    - configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}
    - downwardAPI: {items: [{path: namespace, fieldRef: {fieldPath: metadata.namespace}}]}
{{- if .tls.enabled }}
{{- range $number, $secret := .tls.secrets }}
# One that isn't there yet is no reason not to start: the proxy takes it up when it comes.
- name: tls-{{ $number }}
  secret: {secretName: {{ $secret | quote }}, defaultMode: 0440, optional: true}
{{- end }}
{{- end }}
{{- if .tls.enabled }}
{{- with .tls.clientValidation.caConfigMap }}
{{- if .name }}
# Without it no certificate of a client is taken.
- name: tls-client-ca
  configMap: {name: {{ .name | quote }}, optional: true, items: [{key: {{ .key | quote }}, path: ca.crt}]}
{{- end }}
{{- end }}
{{- end }}
{{- with .rateLimitStore }}
{{- if and .url .passwordSecret.name }}
# Without it the proxy starts, and each worker grants its share.
- name: rate-limit-store
  secret: {secretName: {{ .passwordSecret.name | quote }}, defaultMode: 0440, optional: true, items: [{key: {{ .passwordSecret.key | quote }}, path: password}]}
{{- end }}
{{- if and .url .caConfigMap.name }}
- name: rate-limit-store-ca
  configMap: {name: {{ .caConfigMap.name | quote }}, optional: true, items: [{key: {{ .caConfigMap.key | quote }}, path: ca.crt}]}
{{- end }}
{{- end }}
{{- with .extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}
