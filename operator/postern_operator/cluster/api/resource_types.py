"""The kinds that the operator reads, as the API server's paths name them."""

from __future__ import annotations

from postern_core.kinds import API_VERSION, KINDS

from .reader import Resource

OUR_RESOURCES = tuple(Resource(API_VERSION, kind.name, kind.plural) for kind in KINDS.values())
SECRETS = Resource("v1", "Secret", "secrets")
CONFIG_MAPS = Resource("v1", "ConfigMap", "configmaps")
KUBERNETES_SERVICES = Resource("v1", "Service", "services")
ENDPOINT_SLICES = Resource("discovery.k8s.io/v1", "EndpointSlice", "endpointslices")
INGRESSES = Resource("networking.k8s.io/v1", "Ingress", "ingresses")
INGRESS_CLASSES = Resource("networking.k8s.io/v1", "IngressClass", "ingressclasses", is_namespaced=False)
# What has a status that the operator writes.
RESOURCES_WITH_STATUS = {resource.kind: resource for resource in (*OUR_RESOURCES, INGRESSES)}
NAMESPACES = Resource("v1", "Namespace", "namespaces", is_namespaced=False)
