"""What can be wrong with a JWTCredential by itself."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.resources.jwt_credential import DEFAULT_ALGORITHM, JWTCredential
from postern_core.validators import Validators

from .revoked import REVOKED_CHECKS

SOURCES = {"secretRef": "secret_ref", "publicKey": "public_key", "publicKeyRef": "public_key_ref"}


def key_has_not_exactly_one_source(credential: JWTCredential, _: Validators) -> Iterator[tuple[str, str]]:
    for index, key in enumerate(credential.spec.keys):
        given = [name for name, attribute in SOURCES.items() if getattr(key, attribute) is not None]
        if len(given) != 1:
            has = " and ".join(given) or "none"
            yield f"spec.keys[{index}]", f"must have exactly one of {', '.join(SOURCES)}, has {has}"


def key_does_not_fit_the_algorithm(credential: JWTCredential, _: Validators) -> Iterator[tuple[str, str]]:
    algorithm = credential.spec.own_algorithm
    symmetric = algorithm.startswith("HS")
    for index, key in enumerate(credential.spec.keys):
        if symmetric and (key.public_key is not None or key.public_key_ref is not None):
            yield f"spec.keys[{index}]", f"{algorithm} needs a shared secret: use secretRef, never a public key"
        if not symmetric and key.secret_ref is not None:
            yield f"spec.keys[{index}].secretRef", f"{algorithm} needs a public key: use publicKey or publicKeyRef"


def public_key_is_not_given(credential: JWTCredential, _: Validators) -> Iterator[tuple[str, str]]:
    if not credential.spec.keys and not credential.spec.own_algorithm.startswith("HS"):
        yield "spec.keys", f"is required with {credential.spec.own_algorithm}; only an HS secret can be generated"


def issuer_contradicts_own_keys(credential: JWTCredential, _: Validators) -> Iterator[tuple[str, str]]:
    spec = credential.spec
    # Earlier releases stored the default of `algorithm`: an object of theirs must be one that can be edited.
    if spec.issuer_ref and (spec.keys or spec.own_algorithm != DEFAULT_ALGORITHM or spec.allow_weak_key):
        yield "spec.issuerRef", "excludes keys, algorithm and allowWeakKey: the keys of the issuer verify its tokens"


def key_id_is_used_twice(credential: JWTCredential, _: Validators) -> Iterator[tuple[str, str]]:
    ids = [key.id for key in credential.spec.keys]
    for index, key_id in enumerate(ids):
        if key_id is not None and key_id in ids[:index]:
            yield f"spec.keys[{index}].id", f"{key_id!r} is used twice; a kid must name one key"


CREDENTIAL_CHECKS = (
    key_has_not_exactly_one_source,
    key_does_not_fit_the_algorithm,
    public_key_is_not_given,
    issuer_contradicts_own_keys,
    key_id_is_used_twice,
    *REVOKED_CHECKS,
)
