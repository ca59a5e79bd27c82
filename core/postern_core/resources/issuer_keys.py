"""What a TokenIssuer refers to, and what its status holds beside its conditions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from postern_core.ref import Ref

from .token_issuer import TokenIssuerSpec


def key_set_holder(ref: Ref, spec: TokenIssuerSpec) -> Ref:
    """The ConfigMap or Secret that holds the issuer's keys."""
    return Ref(spec.keys.ref.kind, ref.namespace, spec.keys.ref.name)


def revocation_list(ref: Ref, spec: TokenIssuerSpec) -> Ref | None:
    """The ConfigMap or Secret that lists revoked ids, None where the issuer names none."""
    source = spec.revoked.jtis_from
    return Ref(source.kind, ref.namespace, source.name) if source else None


def issuer_references(ref: Ref, spec: TokenIssuerSpec) -> Iterator[Ref]:
    """All objects that hold something of an issuer, whether they exist or not."""
    yield key_set_holder(ref, spec)
    listed = revocation_list(ref, spec)
    if listed is not None:
        yield listed


def issuer_facts(ref: Ref, spec: TokenIssuerSpec) -> dict[str, Any]:
    """What the status of an issuer says where linking finds out no more: no key is in force."""
    return {"keyIDs": [], "keysSource": f"{key_set_holder(ref, spec)}, entry {spec.keys.ref.key!r}"}
