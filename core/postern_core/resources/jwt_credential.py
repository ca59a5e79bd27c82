"""`JWTCredential`: the key or keys by which a Consumer's tokens are known."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from .types import CredentialKey, Metadata, Name, ObjectName, Printable, Spec, Text

Algorithm = Literal[
    "HS256", "HS384", "HS512",
    "RS256", "RS384", "RS512",
    "PS256", "PS384", "PS512",
    "ES256", "ES384", "ES512",
    "EdDSA",
]  # fmt: skip
Timestamp = Annotated[datetime, Meta(tz=True)]


class SecretKeyRef(Spec, frozen=True):
    """Where an HMAC secret is kept, in this namespace."""

    name: Name
    key: Text
    encoding: Annotated[
        Literal["Plain", "Base64"], Meta(description="Base64: decode the stored value before it is used.")
    ] = "Plain"


class PublicKeyRef(Spec, frozen=True):
    """Where a public key (PEM or JWK) is kept, in this namespace."""

    name: Name
    key: Text
    kind: Literal["ConfigMap", "Secret"] = "ConfigMap"


class CredentialKeySpec(Spec, frozen=True):
    """One live key: exactly one of secretRef (HS*), publicKey and publicKeyRef (the others)."""

    id: (
        Annotated[
            Printable,
            Meta(min_length=1, description="A token whose kid names this is checked with this key only."),
        ]
        | None
    ) = None
    secret_ref: SecretKeyRef | None = None
    public_key: Annotated[str, Meta(max_length=16384, description="PEM or JWK, inline.")] | None = None
    public_key_ref: PublicKeyRef | None = None
    not_after: Annotated[Timestamp, Meta(description="From then on the key verifies nothing.")] | None = None


class Revoked(Spec, frozen=True):
    """Tokens that stop working before they expire."""

    jtis: Annotated[tuple[Text, ...], Meta(max_length=1024, description="Values of jti that are refused.")] = ()
    issued_before: (
        Annotated[Timestamp, Meta(description="Tokens with an earlier iat, or without one, are refused.")] | None
    ) = None


class JWTCredentialSpec(Spec, frozen=True):
    """The key or keys by which a Consumer's tokens are known."""

    consumer_ref: Annotated[ObjectName, Meta(description="The Consumer, in the same namespace.")]
    key: (
        Annotated[
            CredentialKey,
            Meta(description="What the key claim holds; default metadata.name; unique in the namespace."),
        ]
        | None
    ) = None
    algorithm: Annotated[Algorithm, Meta(description="The one algorithm that its tokens are signed with.")] = "HS256"
    keys: Annotated[
        tuple[CredentialKeySpec, ...],
        Meta(
            max_length=4,
            description="Keys that are live at the same time, for rotation; none = one is generated (HS* only).",
        ),
    ] = ()
    allow_weak_key: Annotated[
        bool, Meta(description="Take an HMAC key shorter than its hash, or RSA below 2048 bits.")
    ] = False
    revoked: Revoked = Revoked()


class JWTCredential(msgspec.Struct, frozen=True, gc=False):
    """A JWTCredential as it came."""

    metadata: Metadata
    spec: JWTCredentialSpec
