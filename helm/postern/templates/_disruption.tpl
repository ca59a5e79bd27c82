{{/* A PodDisruptionBudget: "name", "namespace", "budget", "pods" (how many there are), and what labels take.
     With one pod it would only keep its node from being drained. */}}
{{- define "postern.disruption" }}
{{- if and .budget.enabled (gt (int .pods) 1) }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .name }}
  namespace: {{ .namespace | quote }}
  labels:
    {{- include "postern.labels" . | nindent 4 }}
  {{- include "postern.annotations" . }}
spec:
  {{- if ne (toString .budget.minAvailable) "" }}
  minAvailable: {{ .budget.minAvailable }}
  {{- else }}
  maxUnavailable: {{ .budget.maxUnavailable }}
  {{- end }}
  # A pod that isn't ready serves nobody, and must not keep its node from being drained.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "postern.selector" . | nindent 6 }}
{{- end }}
{{- end }}
