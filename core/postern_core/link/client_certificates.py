"""The certificates by which upstreams are called, each of a Secret that says that it may be used so.

To name a certificate is to call by its identity: so the type is not enough, and its owner has to say so by a label, as
with keys of tokens.
"""

from __future__ import annotations

from postern_core.parse import is_a
from postern_core.problems import Reason
from postern_core.ref import Ref
from postern_core.resources.kubernetes import TYPE_FOR_TLS, USE_FOR_CLIENTS, USE_LABEL, Secret
from postern_core.snapshot_certificates import Certificate

from .host_certificates import key_pair
from .references import Missing
from .resource_index import ResourceIndex


def link_client_certificate(resources: ResourceIndex, secret: Ref) -> Certificate | Missing:
    """The certificate of a Secret that is meant for calling upstreams, without names, or why there is none."""
    parsed = resources.objects.get(secret)
    labels = parsed.resource.metadata.labels if is_a(parsed, Secret) else {}
    # One message for a Secret that is not there and one that may not be used.
    if not is_a(parsed, Secret) or parsed.resource.type != TYPE_FOR_TLS or labels.get(USE_LABEL) != USE_FOR_CLIENTS:
        message = (
            f"there is no {secret} that is meant for calling upstreams; "
            f"create one of type {TYPE_FOR_TLS} with the label {USE_LABEL}={USE_FOR_CLIENTS}"
        )
        return Missing(Reason.SECRET_NOT_FOUND, message)
    pair = key_pair(resources, secret)
    if isinstance(pair, Missing):
        return pair
    if not pair.facts.is_for_clients:
        message = f"{secret}: its certificate is not for clients, by its extended key usage; have one issued"
        return Missing(Reason.INVALID_CERTIFICATE, message)
    return Certificate(
        id=secret.id,
        namespace=secret.namespace,
        names=(),
        chain_pem=pair.chain_pem,
        key_pem=pair.key_pem,
        not_after=pair.facts.not_after,
    )
