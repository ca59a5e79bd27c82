{{/* The gateways with all of their settings, as YAML: their own over `gatewayDefaults`. */}}
{{- define "postern.gateways" -}}
{{- $all := dict -}}
{{- range $name, $own := .Values.gateways -}}
{{- $gateway := mustMergeOverwrite (deepCopy $.Values.gatewayDefaults) (deepCopy ($own | default dict)) -}}
{{- $_ := set $gateway "namespace" ($gateway.namespace | default (printf "postern-%s" $name)) -}}
{{- $_ := set $all $name $gateway -}}
{{- end -}}
{{- toYaml $all }}
{{- end }}

{{/* What helm can't say in a schema is refused here, before anything is rendered that would not work. */}}
{{- define "postern.validate" -}}
{{- $seen := dict -}}
{{- range $name, $gateway := include "postern.gateways" . | fromYaml -}}
{{- $place := printf "gateways.%s" $name -}}
{{- if eq $name "admin" -}}
{{- fail "gateways.admin: its Service would be postern-admin, which is where the operator finds pods; choose another name" -}}
{{- end -}}
{{- if eq $gateway.namespace $.Release.Namespace -}}
{{- fail (printf "%s.namespace: %s is where the operator runs; a gateway needs a namespace of its own" $place $gateway.namespace) -}}
{{- end -}}
{{- if hasKey $seen $gateway.namespace -}}
{{- fail (printf "%s.namespace: %s is that of gateway %s already; each gateway needs one of its own" $place $gateway.namespace (get $seen $gateway.namespace)) -}}
{{- end -}}
{{- $_ := set $seen $gateway.namespace $name -}}
{{- if and $gateway.tls.redirect (not $gateway.tls.enabled) -}}
{{- fail (printf "%s.tls.redirect: without TLS there is nothing to send clients to; set tls.enabled as well" $place) -}}
{{- end -}}
{{- with $gateway.rateLimitStore -}}
{{- if and (or .passwordSecret.name .caConfigMap.name) (not .url) -}}
{{- fail (printf "%s.rateLimitStore: a password or CAs without a store; set rateLimitStore.url as well" $place) -}}
{{- end -}}
{{- end -}}
{{- if and $gateway.autoscaling.enabled (lt (int $gateway.autoscaling.maxReplicas) (int $gateway.autoscaling.minReplicas)) -}}
{{- fail (printf "%s.autoscaling: maxReplicas is less than minReplicas" $place) -}}
{{- end -}}
{{- end -}}
{{- end }}
