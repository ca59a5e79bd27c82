"""What the core may not find out itself, by the libraries whose trade it is.

cryptography and PyJWT read keys, RE2 reads patterns, and OpenSSL reads
certificates just as the data plane will.
"""

from __future__ import annotations

import json
import ssl
from functools import lru_cache
from typing import Any

import re2
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from jwt.exceptions import PyJWTError

from postern_core.pattern_limits import PATTERN_MEMORY_BYTES
from postern_core.validators import KeyType, PublicKey, UnreadableKey, Validators

CURVES: dict[str, KeyType] = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
JWK_READERS: dict[str, Any] = {"RSA": RSAAlgorithm, "EC": ECAlgorithm, "OKP": OKPAlgorithm}


def read_public_key(text: str) -> PublicKey:
    """Read a PEM SubjectPublicKeyInfo or a JWK (RFC 7517); raises `UnreadableKey`, which never quotes it."""
    if "PRIVATE KEY-----" in text:
        raise UnreadableKey(
            "is a private key; use the public key, and make a new pair, for this one has been disclosed"
        )
    key = _from_jwk(text) if text.lstrip().startswith("{") else _from_pem(text)
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    type_, bits = _type_and_bits(key)
    return PublicKey(pem, type_, bits)


def _from_pem(text: str) -> Any:
    try:
        return load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        # From None: what the parser met stays out of tracebacks.
        raise UnreadableKey("is not a public key in PEM (-----BEGIN PUBLIC KEY-----) or JWK") from None


def _from_jwk(text: str) -> Any:
    try:
        jwk = json.loads(text)
        reader = JWK_READERS[jwk["kty"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UnreadableKey("is not a JWK of kty RSA, EC or OKP") from None
    if "d" in jwk:
        raise UnreadableKey(
            "is a private key; use the public key, and make a new pair, for this one has been disclosed"
        )
    try:
        return reader.from_jwk(jwk)
    except (PyJWTError, ValueError, KeyError, TypeError, UnsupportedAlgorithm):
        raise UnreadableKey("is a JWK that can't be read; see RFC 7518, section 6") from None


def _type_and_bits(key: object) -> tuple[KeyType, int]:
    if isinstance(key, rsa.RSAPublicKey):
        return "RSA", key.key_size
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in CURVES:
        return CURVES[key.curve.name], key.key_size
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519", 256
    if isinstance(key, ed448.Ed448PublicKey):
        return "Ed448", 456
    raise UnreadableKey("is a key of a type that no algorithm here uses; use RSA, P-256, P-384, P-521 or Ed25519/Ed448")


def regex_error(pattern: str) -> str:
    """Why RE2 refuses a pattern, "" if it does not."""
    return _read_pattern(pattern)[0]


def pattern_size(pattern: str) -> int:
    """The instructions of a pattern's program, 0 for one that RE2 refuses."""
    return _read_pattern(pattern)[1]


@lru_cache(maxsize=4096)
def _read_pattern(pattern: str) -> tuple[str, int]:
    """What is wrong with a pattern, and its size, by the options with which the data plane compiles it."""
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.max_mem = PATTERN_MEMORY_BYTES
    try:
        return "", re2.compile(pattern, options).programsize
    except re2.error as error:
        detail = error.args[0] if error.args else "unreadable"
        return detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail), 0


def certificates_error(pem: str) -> str:
    """Why OpenSSL can't take a PEM text as CA certificates, "" if it can."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError):
        return "holds no CA certificate in PEM (-----BEGIN CERTIFICATE-----)"
    return "" if context.cert_store_stats()["x509"] else "holds no certificate"


VALIDATORS = Validators(read_public_key, regex_error, certificates_error, pattern_size)
