"""What a TokenIssuer refers to, and what its status holds beside its conditions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from postern_core.ref import Ref

from .key_source import discovery_url, shown_url
from .token_issuer import TokenIssuerSpec


def key_set_holder(ref: Ref, spec: TokenIssuerSpec) -> Ref | None:
    """The ConfigMap or Secret that holds the issuer's keys, None where they are fetched."""
    source = spec.keys.ref
    return Ref(source.kind, ref.namespace, source.name) if source else None


def fetching_ca_holder(ref: Ref, spec: TokenIssuerSpec) -> Ref | None:
    """The ConfigMap or Secret that holds the CAs by which keys are fetched, None where the system's are trusted."""
    source = spec.fetch and spec.fetch.ca_certificate_ref
    return Ref(source.kind, ref.namespace, source.name) if source else None


def revocation_list(ref: Ref, spec: TokenIssuerSpec) -> Ref | None:
    """The ConfigMap or Secret that lists revoked ids, None where the issuer names none."""
    source = spec.revoked.jtis_from
    return Ref(source.kind, ref.namespace, source.name) if source else None


def issuer_references(ref: Ref, spec: TokenIssuerSpec) -> Iterator[Ref]:
    """All objects that hold something of an issuer, whether they exist or not."""
    for holder in (key_set_holder(ref, spec), fetching_ca_holder(ref, spec), revocation_list(ref, spec)):
        if holder is not None:
            yield holder


def issuer_facts(ref: Ref, spec: TokenIssuerSpec) -> dict[str, Any]:
    """What the status of an issuer says where linking finds out no more: no key is in force."""
    return {"keyIDs": [], "keysSource": keys_source(ref, spec)}


def keys_source(ref: Ref, spec: TokenIssuerSpec) -> str:
    """Where the keys of an issuer come from, for people."""
    keys, holder = spec.keys, key_set_holder(ref, spec)
    if keys.ref is not None:
        return f"{holder}, entry {keys.ref.key!r}"
    if keys.discovery is not None:
        return shown_url(discovery_url(spec.issuer or "", keys.discovery))
    return "the API server" if keys.url is None else shown_url(keys.url)
