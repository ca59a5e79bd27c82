"""Tokens for tests: made well, or wrong in just the way that a case asks for."""

from __future__ import annotations

import base64
import functools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.algorithms import get_default_algorithms

from cases import Token

KEYS = Path(__file__).parent / "keys"
PROVIDERS = Path(__file__).parent / "identity_providers"
ALGORITHMS = get_default_algorithms()
ALGORITHMS |= dict.fromkeys(("Ed25519", "Ed448"), ALGORITHMS["EdDSA"])


def encode(content: bytes) -> str:
    """Base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def mint(recipe: Token, now_s: float, credentials: dict[str, Any]) -> str:
    """The token of a recipe; `credentials` are snapshot entries by `namespace/name`."""
    if recipe.raw is not None:
        return recipe.raw
    credential = credentials.get(recipe.credential)
    algorithm = recipe.algorithm or (credential.algorithm if credential else "HS256")
    base = like(recipe.like) if recipe.like else {"header": {"typ": "JWT", "alg": algorithm}, "claims": {}}
    if credential and not recipe.like:
        base["claims"]["key"] = credential.key
    header, claims = base["header"] | recipe.header, base["claims"] | recipe.claims
    payload = recipe.payload
    if payload is None:
        payload = json.dumps({name: at(value, now_s) for name, value in claims.items() if value != "(none)"})
    signed = f"{encode(json.dumps(header).encode())}.{encode(payload.encode('utf-8', 'surrogateescape'))}"
    signature = sign(recipe, algorithm, credential, signed.encode())
    return MANGLES[recipe.mangle](f"{signed}.{encode(signature)}")


def like(provider: str) -> Any:
    """The header and the claims that an identity provider's tokens have."""
    return json.loads((PROVIDERS / f"{provider}.json").read_text(encoding="utf-8"))


def sign(recipe: Token, algorithm: str, credential: Any, signed: bytes) -> bytes:
    """The signature over the first two segments."""
    if algorithm == "none":
        return b""
    if recipe.private_key:
        key: Any = private_key(recipe.private_key)
    elif recipe.secret is not None:
        key = recipe.secret.encode()
    else:
        key = base64.b64decode(credential.keys[0].material)
    if algorithm.startswith("HS"):
        import hmac

        return hmac.digest(key, signed, f"sha{algorithm[2:]}")
    return ALGORITHMS[algorithm].sign(signed, key)


@functools.cache
def private_key(name: str) -> Any:
    """One of the keys for tests; OpenSSL checks an RSA key for 50 ms and more each time that it is read."""
    return load_pem_private_key((KEYS / f"{name}.pem").read_bytes(), None)


def at(value: Any, now_s: float) -> Any:
    """`now+60` as a number, at any depth; everything else as it is."""
    if isinstance(value, str):
        relative = re.fullmatch(r"now([+-]\d+(?:\.\d+)?)?", value)
        if relative:
            return now_s + float(relative[1] or 0)
    if isinstance(value, list):
        return [at(element, now_s) for element in value]
    if isinstance(value, dict):
        return {name: at(element, now_s) for name, element in value.items()}
    return value


def _last_bit(token: str) -> str:
    """The same signature bytes to a lax decoder: a bit is set that strict base64url has zero."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) + 1]


def _other_signature(token: str) -> str:
    head, _, signature = token.rpartition(".")
    return f"{head}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def _other_payload(token: str) -> str:
    header, _, signature = token.split(".")
    return f"{header}.{encode(b'{}')}.{signature}"


MANGLES: dict[str, Callable[[str], str]] = {
    "": lambda token: token,
    "signature": _other_signature,
    "payload": _other_payload,
    "padding": lambda token: token + "=",
    "stray-bit": _last_bit,
    "no-signature": lambda token: token.rpartition(".")[0] + ".",
    "two-segments": lambda token: token.rpartition(".")[0],
    "four-segments": lambda token: token + ".AAAA",
    "standard-alphabet": lambda token: token.replace("-", "+").replace("_", "/") + "/",
    "space": lambda token: token.replace(".", ". ", 1),
    "twice": lambda token: f"{token}, {token}",
}
