"""Which objects of Kubernetes ours reference: nothing else of a cluster is kept.

Pure.  What a reference leads to is the core's business; this is about keeping
not a single Secret more than is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from postern_core.kinds import KINDS
from postern_core.link.ingress_classes import Classes, class_of
from postern_core.parse import Parsed, is_a, spec_of
from postern_core.ref import Ref
from postern_core.resources.ingress import Ingress
from postern_core.resources.kubernetes import SERVICE_NAME_LABEL

# The Service whose endpoints are a gateway's data-plane pods, in the gateway's namespace.
ADMIN_SERVICE = "postern-admin"


def references_of(parsed: Parsed, classes: Classes = MappingProxyType({})) -> frozenset[Ref]:
    """Return the Secrets, ConfigMaps and Services that an object of ours references, whether they exist or not.

    `classes` say which Ingresses are ours; what others reference is none of our business.
    """
    if is_a(parsed, Ingress):
        if not class_of(parsed, classes):
            return frozenset()
        named = [("core/Service", it) for it in parsed.resource.services]
        named += [("Secret", it) for it in parsed.resource.secrets]
        return frozenset(Ref(kind, parsed.ref.namespace, name) for kind, name in named)
    kind = KINDS.get(parsed.ref.kind)
    spec = spec_of(parsed)
    if spec is None or kind is None or kind.references is None:
        return frozenset()
    return frozenset(kind.references(parsed.ref, spec))


def service_of_slice(namespace: str, labels: Mapping[str, str]) -> Ref:
    """Return the Service of Kubernetes that an EndpointSlice belongs to."""
    return Ref("core/Service", namespace, labels.get(SERVICE_NAME_LABEL, ""))
