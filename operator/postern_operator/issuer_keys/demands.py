"""What the TokenIssuers among objects ask to be fetched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from postern_core.check import check
from postern_core.link.issuer_key_sets import fetching_certificates
from postern_core.link.references import Missing
from postern_core.link.resource_index import age, index_resources
from postern_core.memo import Memo
from postern_core.parse import Decoded, Parsed, is_a
from postern_core.ref import Ref
from postern_core.resources.issuer_keys import fetching_ca_holder
from postern_core.resources.key_source import Fetch, discovery_url
from postern_core.resources.token_issuer import TokenIssuer
from postern_core.resources.types import milliseconds
from postern_operator.validators import VALIDATORS

from .source import Demand, KeySource, Service

_READ = frozenset({"TokenIssuer", "ConfigMap", "Secret"})


def demands_of(objects: Sequence[Parsed]) -> dict[Ref, Demand]:
    """Return what each issuer whose keys are fetched asks for, the oldest first.

    One that is wrong, or whose CAs can't be had, asks for nothing: compiling says why.
    """
    if not any(map(_is_fetched, objects)):
        return {}
    index = index_resources((it for it in objects if it.ref.kind in _READ), VALIDATORS, Memo())
    asked: dict[Ref, Demand] = {}
    for parsed in sorted(filter(_is_fetched, index.objects.values()), key=age):
        issuer = cast("Decoded[TokenIssuer]", parsed)
        if any(not problem.is_warning for problem in check(issuer, VALIDATORS)):
            continue
        holder = fetching_ca_holder(issuer.ref, issuer.resource.spec)
        holding = index.objects.get(holder) if holder else None
        ca_pem = fetching_certificates(issuer.ref, issuer.resource.spec, holding, VALIDATORS)
        if not isinstance(ca_pem, Missing):
            asked[issuer.ref] = _demand(issuer, ca_pem)
    return asked


def _is_fetched(parsed: Parsed) -> bool:
    return is_a(parsed, TokenIssuer) and parsed.resource.spec.keys.ref is None


def _demand(issuer: Decoded[TokenIssuer], ca_pem: str) -> Demand:
    fetch = issuer.resource.spec.fetch or Fetch()
    return Demand(
        _source(issuer, fetch, ca_pem),
        refresh_s=milliseconds(fetch.refresh) / 1000,
        timeout_s=milliseconds(fetch.timeout) / 1000,
        max_stale_s=milliseconds(fetch.max_stale) / 1000,
        namespace=issuer.ref.namespace,
    )


def _source(issuer: Decoded[TokenIssuer], fetch: Fetch, ca_pem: str) -> KeySource:
    spec = issuer.resource.spec
    keys, named = spec.keys, spec.issuer or ""
    if keys.kubernetes is not None:
        return KeySource(is_kubernetes=True)
    dialled = None
    if fetch.service is not None:
        dialled = Service(f"{fetch.service.name}.{issuer.ref.namespace}.svc", fetch.service.port)
    return KeySource(
        url=discovery_url(named, keys.discovery) if keys.discovery is not None else keys.url or "",
        discovers=named if keys.discovery is not None else "",
        ca_pem=ca_pem,
        service=dialled,
        is_insecure=fetch.insecure,
    )
