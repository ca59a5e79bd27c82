"""Which objects of Kubernetes ours reference: nothing else of a cluster is kept.

Pure.  What a reference leads to is the core's business; this is about keeping
not a single Secret more than is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from postern_core.link.credentials import holder_of, keys_of
from postern_core.link.revocations import list_of
from postern_core.parse import Parsed
from postern_core.ref import Ref
from postern_core.resources.kubernetes import SERVICE_NAME_LABEL

# The Service whose endpoints are a gateway's data-plane pods, in the gateway's namespace.
ADMIN_SERVICE = "postern-admin"


def references_of(parsed: Parsed) -> frozenset[Ref]:
    """Return the Secrets, ConfigMaps and Services that an object of ours references, whether they exist or not."""
    if parsed.resource is None:
        return frozenset()
    if parsed.ref.kind == "Service":
        return frozenset(_of_service(parsed))
    if parsed.ref.kind == "JWTCredential":
        holders = {holder_of(key, parsed.ref.namespace) for key in keys_of(parsed)} | {list_of(parsed)}
        return frozenset(holder for holder in holders if holder)
    return frozenset()


def service_of_slice(namespace: str, labels: Mapping[str, str]) -> Ref:
    """Return the Service of Kubernetes that an EndpointSlice belongs to."""
    return Ref("core/Service", namespace, labels.get(SERVICE_NAME_LABEL, ""))


def _of_service(parsed: Parsed) -> Iterator[Ref]:
    upstream, namespace = parsed.resource.spec.upstream, parsed.ref.namespace
    if upstream.service is not None:
        yield Ref("core/Service", namespace, upstream.service.name)
    if upstream.tls is not None and upstream.tls.ca_certificate_ref is not None:
        reference = upstream.tls.ca_certificate_ref
        yield Ref(reference.kind, namespace, reference.name)
