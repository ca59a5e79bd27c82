{{/* Labels of every object; call with `dict "root" $ "component" "operator"`, for a gateway's with "gateway" too. */}}
{{- define "postern.labels" -}}
{{- $chart := .root.Chart -}}
{{- $own := dict
      "helm.sh/chart" (printf "%s-%s" $chart.Name $chart.Version | replace "+" "_" | trunc 63)
      "app.kubernetes.io/instance" .root.Release.Name
      "app.kubernetes.io/version" $chart.AppVersion
      "app.kubernetes.io/part-of" "postern"
      "app.kubernetes.io/managed-by" .root.Release.Service -}}
{{- toYaml (merge (include "postern.selector" . | fromYaml) $own (deepCopy .root.Values.commonLabels)) }}
{{- end }}

{{/* What selects pods.  It can never change, and a namespace holds one Postern, so it is no more than this. */}}
{{- define "postern.selector" -}}
app.kubernetes.io/name: postern
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- with .gateway }}
postern.dev/gateway: {{ . | quote }}
{{- end }}
{{- end }}

{{/* Labels of a pod: nothing that a new chart with the same pods would change; "podLabels" are the values'. */}}
{{- define "postern.podLabels" -}}
{{- toYaml (merge (include "postern.selector" . | fromYaml) (deepCopy .podLabels) (deepCopy .root.Values.commonLabels)) }}
{{- end }}

{{/* The annotations of an object, if there are any: `dict "root" $ "annotations" ...`, which win over the common ones. */}}
{{- define "postern.annotations" }}
{{- with merge (deepCopy (.annotations | default dict)) (deepCopy .root.Values.commonAnnotations) }}
  annotations:
    {{- toYaml . | nindent 4 }}
{{- end }}
{{- end }}

{{/* The image of every container. */}}
{{- define "postern.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{- /* `--set image.tag=1` gives a number. */ -}}
{{- $tag := kindIs "string" $image.tag | ternary $image.tag (printf "%d" (int64 $image.tag)) -}}
{{ $image.repository }}:{{ $tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}

{{/* What of a pod's spec is the same for both Deployments: placement, and what the values say of it. */}}
{{- define "postern.placement" }}
{{- $selector := dict "matchLabels" (include "postern.selector" . | fromYaml) -}}
{{- with .root.Values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
{{- end }}
{{- with .pod.priorityClassName }}
      priorityClassName: {{ . }}
{{- end }}
{{- with .pod.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
{{- end }}
{{- with .pod.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
{{- end }}
{{- with .pod.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
{{- end }}
{{- with .pod.topologySpreadConstraints }}
      topologySpreadConstraints:
{{- range . }}
{{- /* Pods of one roll-out are spread among themselves: those of the old one are on their way out. */}}
{{- list (merge (deepCopy .) (dict "labelSelector" $selector "matchLabelKeys" (list "pod-template-hash"))) | toYaml | nindent 6 }}
{{- end }}
{{- end }}
{{- end }}

{{/* A HTTP probe of a path at a port: `dict "path" "/healthz" "port" "admin" "periodSeconds" 10 ...`. */}}
{{- define "postern.probe" -}}
{{- $timing := omit . "path" "port" -}}
{{- toYaml (merge (dict "httpGet" (dict "path" .path "port" .port)) $timing) }}
{{- end }}
