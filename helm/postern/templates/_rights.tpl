{{/* Rules: what the operator reads, and writes on what it has read; in all namespaces, or in each of some. */}}
{{- define "postern.rules.watching" -}}
- apiGroups: [postern.dev]
  resources: [services, routes, consumers, jwtcredentials, tokenissuers, jwtpolicies]
  verbs: [get, list, watch]
# Their status and nothing else: no spec, label, annotation or finalizer of anybody's object can be changed with this.
- apiGroups: [postern.dev]
  resources: [services/status, routes/status, consumers/status, jwtcredentials/status, tokenissuers/status, jwtpolicies/status]
  verbs: [patch]
# Any Secret may be named by a credential.  Made, but never changed or deleted.
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, list, watch, create]
- apiGroups: [""]
  resources: [configmaps, services]
  verbs: [get, list, watch]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [get, list, watch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end }}

{{/* Rules: Ingresses, where they are served; their status and nothing else is written. */}}
{{- define "postern.rules.ingress" -}}
- apiGroups: [networking.k8s.io]
  resources: [ingresses]
  verbs: [get, list, watch]
- apiGroups: [networking.k8s.io]
  resources: [ingresses/status]
  verbs: [patch]
{{- end }}

{{/* Rules: which Ingresses are ours. */}}
{{- define "postern.rules.ingressclasses" -}}
- apiGroups: [networking.k8s.io]
  resources: [ingressclasses]
  verbs: [get, list, watch]
{{- end }}

{{/* Rules: in a gateway's namespace, the addresses of its Service. */}}
{{- define "postern.rules.addresses" -}}
- apiGroups: [""]
  resources: [services]
  verbs: [get, list, watch]
{{- end }}

{{/* Rules: in a gateway's namespace, what is published there, and where its pods are. */}}
{{- define "postern.rules.publishing" -}}
- apiGroups: [""]
  resources: [configmaps, secrets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [get, list, watch]
{{- end }}

{{/* Rules: where it runs, the Lease by which one of its replicas acts, and the keys that it has fetched. */}}
{{- define "postern.rules.leading" -}}
# What is created has no name yet that a rule could give.
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [postern-operator]
  verbs: [get, update]
# Fetched keys of token issuers, each a ConfigMap postern-jwks-<hash>: a rule can't say how names begin.
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, create, patch, delete]
{{- end }}

{{/* Rules: what the sidecar reads of its own namespace.  It can't list Secrets: the index names those that it needs. */}}
{{- define "postern.rules.sync" -}}
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [secrets]
  verbs: [get]
{{- end }}

{{/* A Role and its binding: "name", "namespace", "rules", "account", "accountNamespace", and what labels take. */}}
{{- define "postern.role" }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ .name }}
  namespace: {{ .namespace | quote }}
  labels:
    {{- include "postern.labels" . | nindent 4 }}
  {{- include "postern.annotations" . }}
rules:
{{ include .rules . }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ .name }}
  namespace: {{ .namespace | quote }}
  labels:
    {{- include "postern.labels" . | nindent 4 }}
  {{- include "postern.annotations" . }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ .name }}}
subjects:
- {kind: ServiceAccount, name: {{ .account }}, namespace: {{ .accountNamespace | quote }}}
{{- end }}
