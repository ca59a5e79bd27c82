"""The keys that a JWTCredential has, and the Secrets and ConfigMaps that hold them and its revoked ids."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from postern_core.ref import Ref

from .jwt_credential import CredentialKeySpec, JWTCredentialSpec, SecretKeyRef

# The bytes of each hash. RFC 7518, section 3.2: "A key of the same size as the hash output [...] or larger MUST be
# used with this algorithm."
# A generated secret has as many random bytes, and a shorter secret of a user is weak.
HMAC_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}
GENERATED_ENTRY = "secret"
GENERATED_SUFFIX = "-jwt"
# What Kubernetes lets the name of an object have, and how much of a hash tells two long ones apart.
NAME_MAX = 253
HASH_DIGITS = 10


def generated_name(credential_name: str) -> str:
    """The name of the Secret that is generated for a credential; a hash stands for the end of one that is too long."""
    name = f"{credential_name}{GENERATED_SUFFIX}"
    if len(name) <= NAME_MAX:
        return name
    digest = hashlib.sha256(credential_name.encode()).hexdigest()[:HASH_DIGITS]
    begin = credential_name[: NAME_MAX - len(GENERATED_SUFFIX) - HASH_DIGITS - 1]
    return f"{begin.rstrip('.-')}-{digest}{GENERATED_SUFFIX}"


def is_generated(spec: JWTCredentialSpec) -> bool:
    """Whether the credential names no key and a secret is generated for it."""
    return not spec.keys and spec.issuer_ref is None and spec.own_algorithm in HMAC_BYTES


def keys_of(ref: Ref, spec: JWTCredentialSpec) -> tuple[CredentialKeySpec, ...]:
    """The keys as written, or the one that is generated; none where those of an issuer verify."""
    if spec.keys or spec.issuer_ref is not None:
        return tuple(spec.keys)
    reference = SecretKeyRef(name=generated_name(ref.name), key=GENERATED_ENTRY, encoding="Base64")
    return (CredentialKeySpec(secret_ref=reference),)


def issuer_of(ref: Ref, spec: JWTCredentialSpec) -> Ref | None:
    """The TokenIssuer whose keys verify the tokens, None where the credential has its own."""
    issuer = spec.issuer_ref
    return None if issuer is None else Ref("TokenIssuer", issuer.namespace or ref.namespace, issuer.name)


def holder_of(key: CredentialKeySpec, namespace: str) -> Ref | None:
    """The Secret or ConfigMap that holds a key, None for an inline one."""
    if key.secret_ref is not None:
        return Ref("Secret", namespace, key.secret_ref.name)
    if key.public_key_ref is not None:
        return Ref(key.public_key_ref.kind, namespace, key.public_key_ref.name)
    return None


def list_of(ref: Ref, spec: JWTCredentialSpec) -> Ref | None:
    """The ConfigMap or Secret that lists the revoked ids of a credential, None where it names none."""
    source = spec.revoked.jtis_from
    return Ref(source.kind, ref.namespace, source.name) if source else None


def holders_of(ref: Ref, spec: JWTCredentialSpec) -> Iterator[Ref]:
    """All objects that hold something of a credential, whether they exist or not."""
    for holder in (*(holder_of(key, ref.namespace) for key in keys_of(ref, spec)), list_of(ref, spec)):
        if holder is not None:
            yield holder


def facts_of(ref: Ref, spec: JWTCredentialSpec) -> dict[str, Any]:
    """What the status of a credential holds beside its conditions."""
    issuer = issuer_of(ref, spec)
    if issuer is not None:
        return {"key": spec.key or ref.name, "issuer": issuer.path}
    facts = {
        "key": spec.key or ref.name,
        "algorithm": spec.own_algorithm,
        "keyIDs": [key.id for key in spec.keys if key.id is not None],
    }
    return facts | ({"generatedSecretName": generated_name(ref.name)} if is_generated(spec) else {})
