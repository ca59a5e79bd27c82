"""What can be wrong with the block `revoked` of a JWTCredential or a TokenIssuer."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.resources.jwt_credential import JWTCredential
from postern_core.resources.revoked import JTIS_BYTES_MAX
from postern_core.resources.token_issuer import TokenIssuer
from postern_core.validators import Validators

from .duplicates import duplicates


def jti_is_named_twice(owner: JWTCredential | TokenIssuer, _: Validators) -> Iterator[tuple[str, str]]:
    yield from duplicates("spec.revoked.jtis", owner.spec.revoked.jtis)


def list_of_jtis_is_too_long(owner: JWTCredential | TokenIssuer, _: Validators) -> Iterator[tuple[str, str]]:
    size_bytes = sum(len(jti.encode()) for jti in owner.spec.revoked.jtis)
    if size_bytes > JTIS_BYTES_MAX:
        has = f"have {size_bytes:,} bytes together, more than {JTIS_BYTES_MAX:,}"
        yield "spec.revoked.jtis", f"{has}; list them in a ConfigMap (jtisFrom), or revoke by issuedBefore"


REVOKED_CHECKS = (jti_is_named_twice, list_of_jtis_is_too_long)
