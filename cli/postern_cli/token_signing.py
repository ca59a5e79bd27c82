"""Tokens: their claims, the key that signs them, and the signature, which is PyJWT's affair.

Nothing here keeps a key, and no message quotes one.
"""

from __future__ import annotations

import base64
import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click
import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from jwt.algorithms import OKPAlgorithm
from jwt.exceptions import PyJWTError
from jwt.warnings import InsecureKeyLengthWarning

from postern_core.algorithms import token_names
from postern_core.snapshot import Credential, Key
from postern_core.validators import UnreadableKey
from postern_operator.public_keys import read_public_keys


@dataclass(frozen=True, slots=True)
class Times:
    """When a token is made and when it ends, in whole seconds since the epoch."""

    issued_s: int
    expires_s: int


def claims_of(credential: Credential, key_claim: str, times: Times, given: Mapping[str, Any]) -> dict[str, Any]:
    """The payload; refuses a claim that would stand in for one that the command sets itself."""
    if key_claim in ("exp", "iat"):
        raise click.UsageError(f"--key-claim can't be {key_claim}, which is a date")
    if "exp" in given:
        raise click.UsageError("exp is set by --expires or --ttl; leave out --claim exp")
    if key_claim in given:
        raise click.UsageError(f"{key_claim} is set to the credential's key; leave out --claim {key_claim}")
    return {key_claim: credential.key, "iat": times.issued_s, "exp": times.expires_s, **given}


def choose_key(credential: Credential, key_id: str | None, now_s: float) -> tuple[Key, ...]:
    """The live keys that may sign, in order; with an id there is one."""
    if credential.issuer:
        issuer = credential.issuer.partition("/")[2]
        raise click.ClickException(f"TokenIssuer {issuer} signs the tokens of {_name(credential)}; ask it for one")
    named = [key for key in credential.keys if key_id is None or key.id == key_id]
    if not named:
        ids = ", ".join(key.id for key in credential.keys if key.id) or "none of its usable keys has one"
        raise click.ClickException(f"{_name(credential)} has no usable key with the id {key_id!r}; ids are: {ids}")
    live = tuple(key for key in named if key.not_after is None or now_s < key.not_after)
    if not live:
        raise click.ClickException(f"{_name(credential)} has no live key left: notAfter has passed; add a new one")
    return live


def sign(credential: Credential, keys: tuple[Key, ...], claims: Mapping[str, Any], private_key: bytes | None) -> str:
    """The token, signed with the first of the keys, or with the private key that belongs to one of them."""
    if credential.algorithm.startswith("HS"):
        if private_key is not None:
            raise click.UsageError(f"{_name(credential)} is {credential.algorithm}: leave out --private-key")
        key, signing = keys[0], base64.b64decode(keys[0].material)
    elif private_key is None:
        raise click.UsageError(
            f"{_name(credential)} is {credential.algorithm}: give its private key with --private-key"
        )
    else:
        key, signing = _own(credential, keys, private_key)
    headers = {} if key.id is None else {"kid": key.id}
    payload = json.dumps(claims, separators=(",", ":"), allow_nan=False).encode()
    with warnings.catch_warnings():
        # Whether a weak key may be used is said by allowWeakKey, and known to be so here.
        warnings.simplefilter("ignore", InsecureKeyLengthWarning)
        try:
            return _signer().encode(payload, signing, algorithm=credential.algorithm, headers=headers)
        except (PyJWTError, ValueError, TypeError):
            raise click.ClickException(f"the key can't sign with {credential.algorithm}") from None


def _signer() -> jwt.PyJWS:
    """PyJWT with the names of RFC 9864 for what it knows as EdDSA."""
    signer = jwt.PyJWS()
    for name in token_names("EdDSA") - {"EdDSA"}:
        signer.register_algorithm(name, OKPAlgorithm())
    return signer


def _own(credential: Credential, keys: tuple[Key, ...], pem: bytes) -> tuple[Key, Any]:
    """The key of the credential to which a private key belongs, and the private key itself."""
    private = _read_private_key(pem)
    try:
        content = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        public = read_public_keys(content.decode()).keys[0].pem
    except UnreadableKey as error:
        raise click.ClickException(f"the private key {error}") from None
    for key in keys:
        if key.material == public:
            return key, private
    which = "that key" if len(keys) == 1 else "one of its live keys"
    raise click.ClickException(
        f"the private key does not belong to {_name(credential)}, which would refuse the token; give the one of {which}"
    )


def _read_private_key(pem: bytes) -> Any:
    try:
        return load_pem_private_key(pem, None)
    except TypeError:
        raise click.ClickException(
            "the private key is protected by a passphrase; take it off first: openssl pkey -in FILE -out PLAIN"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise click.ClickException("the file is not a private key in PEM (-----BEGIN PRIVATE KEY-----)") from None


def _name(credential: Credential) -> str:
    return f"JWTCredential {credential.namespace}/{credential.name}"
