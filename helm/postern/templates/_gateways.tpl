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

{{/* Where a pod listens for a port of a listener, as `bind_port_of` of the operator has it: a container may use no port below 1024, and some are its own. */}}
{{- define "postern.bindPort" -}}
{{- if or (lt (int .) 1024) (has (int .) (list 8080 8443 9081 9083)) }}{{ add (int .) 10000 }}{{ else }}{{ int . }}{{ end }}
{{- end }}

{{/* The ports of a gateway's listeners, as YAML: each once, by the name of its first listener. */}}
{{- define "postern.listenerPorts" -}}
{{- $ports := list -}}
{{- $seen := dict -}}
{{- range .listeners -}}
{{- $key := int .port | toString -}}
{{- if not (hasKey $seen $key) -}}
{{- $_ := set $seen $key true -}}
{{- $ports = append $ports (dict "name" .name "port" (int .port) "bindPort" (include "postern.bindPort" .port | int)) -}}
{{- end -}}
{{- end -}}
{{- toYaml (dict "ports" $ports) }}
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
{{- $names := dict -}}
{{- $bound := dict -}}
{{- $hosts := dict -}}
{{- range $gateway.listeners -}}
{{- $listener := printf "%s.listeners: %s" $place .name -}}
{{- if has .name (list "http" "https") -}}
{{- fail (printf "%s is the name of a port of the Service already; choose another name" $listener) -}}
{{- end -}}
{{- if or (eq (int .port) (int $gateway.service.httpPort)) (and $gateway.tls.enabled (eq (int .port) (int $gateway.service.httpsPort))) -}}
{{- fail (printf "%s: port %d is that of service.httpPort or service.httpsPort, at which every host is served; choose another port" $listener (int .port)) -}}
{{- end -}}
{{- if and (eq .protocol "HTTPS") (not $gateway.tls.enabled) -}}
{{- fail (printf "%s: HTTPS needs certificates; set tls.enabled as well" $listener) -}}
{{- end -}}
{{- if and (eq .protocol "HTTPS") (hasKey . "redirectPort") -}}
{{- fail (printf "%s: what comes over HTTPS already can't be sent to it; take redirectPort away" $listener) -}}
{{- end -}}
{{- if hasKey $names .name -}}
{{- fail (printf "%s is given twice; each listener needs a name of its own" $listener) -}}
{{- end -}}
{{- $_ := set $names .name true -}}
{{- $bindPort := include "postern.bindPort" .port -}}
{{- $is := printf "%s at port %d" .protocol (int .port) -}}
{{- if ne (get $bound $bindPort | default $is) $is -}}
{{- fail (printf "%s: pods listen on %s for it, and for %s; choose another port" $listener $bindPort (get $bound $bindPort)) -}}
{{- end -}}
{{- $_ := set $bound $bindPort $is -}}
{{- $takes := printf "%s at port %d" (.hostname | default "every host") (int .port) -}}
{{- if hasKey $hosts $takes -}}
{{- fail (printf "%s: %s is for %s already" $listener (get $hosts $takes) $takes) -}}
{{- end -}}
{{- $_ := set $hosts $takes .name -}}
{{- end -}}
{{- if and $gateway.tls.clientValidation.caConfigMap.name (not $gateway.tls.enabled) -}}
{{- fail (printf "%s.tls.clientValidation: without TLS no client has a certificate; set tls.enabled as well" $place) -}}
{{- end -}}
{{- if and $gateway.tls.clientValidation.caConfigMap.name (eq $gateway.tls.clientValidation.mode "Required") (not $gateway.tls.redirect) -}}
{{- fail (printf "%s.tls.clientValidation: Required, and clients without TLS would be served without a certificate; set tls.redirect as well" $place) -}}
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
