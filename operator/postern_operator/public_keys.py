"""Public keys as people have them: PEM, a certificate, an OpenSSH line, a JWK or a JWK Set.

cryptography reads all of it; here is which form a text has, and what is said of one that is no key.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    load_der_public_key,
    load_pem_public_key,
    load_ssh_public_key,
)
from cryptography.x509 import load_pem_x509_certificate

from postern_core.validators import PublicKeys, UnreadableKey

from .jwk_sets import PRIVATE_KEY, described, read_jwks

_PRIVATE = ("PRIVATE KEY-----", "PRIVATE KEY BLOCK-----", "PRIVATE KEY ----")
_SSH = re.compile(r"(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[!-~]+ ")
_BEGIN = "-----BEGIN "
_PEM_READERS: dict[str, Any] = {
    "PUBLIC KEY": load_pem_public_key,
    "RSA PUBLIC KEY": load_pem_public_key,
    "CERTIFICATE": lambda content: load_pem_x509_certificate(content).public_key(),
}
# Other blocks that are taken for a key, and what makes one of them.
_OTHER_BLOCKS = {
    "CERTIFICATE REQUEST": "is a request for a certificate; put in what prints: openssl req -in FILE -noout -pubkey",
    "EC PARAMETERS": "begins with the parameters of a curve; put in what prints: openssl ec -in FILE -pubout",
    "PGP PUBLIC KEY BLOCK": "is a key of PGP, which signs no tokens; give the key of the issuer of tokens",
}
_NO_KEY = (
    "is not a public key in PEM (-----BEGIN PUBLIC KEY-----), a certificate, or a JWK or JWK Set; "
    "make PEM of a private key with: openssl pkey -in FILE -pubout"
)
_BARE_KEY = "lacks the lines of PEM; write -----BEGIN PUBLIC KEY----- above it and -----END PUBLIC KEY----- below it"


def read_public_keys(text: str) -> PublicKeys:
    """Read the public key, or the keys of a JWK Set; raises `UnreadableKey`, which never quotes the text."""
    text = text.strip()
    if any(mark in text for mark in _PRIVATE):
        raise UnreadableKey(PRIVATE_KEY)
    if text.startswith(("{", "[")):
        return read_jwks(text)
    try:
        return PublicKeys((described(_reader_of(text)(text.encode())),))
    except UnreadableKey:
        raise
    except Exception:  # noqa: BLE001 # what cryptography raises has no common base, and must not hurt other objects
        # From None: what the parser met stays out of tracebacks.
        raise UnreadableKey(_NO_KEY) from None


def _reader_of(text: str) -> Any:
    """The function that reads a text of this form; raises `UnreadableKey` with what mends a form that none reads."""
    if _SSH.match(text):
        return load_ssh_public_key
    if text.startswith(("https://", "http://")):
        raise UnreadableKey("is a URL, which is not followed; put in what is served there")
    if _BEGIN not in text:
        raise UnreadableKey(_BARE_KEY if _is_bare_key(text) else _NO_KEY)
    if text.count(_BEGIN) > 1:
        raise UnreadableKey(
            "holds several PEM blocks; leave one: of a chain the certificate that signs, of several keys "
            "one in each entry of keys"
        )
    if "\\n" in text:
        raise UnreadableKey(
            r'has \n where line breaks belong; write "publicKey: |" and the lines of the key below it, indented'
        )
    label = text.partition(_BEGIN)[2].partition("-----")[0]
    if label in _OTHER_BLOCKS:
        raise UnreadableKey(_OTHER_BLOCKS[label])
    if label not in _PEM_READERS:
        raise UnreadableKey(_NO_KEY)
    return _PEM_READERS[label]


def _is_bare_key(text: str) -> bool:
    """Whether it is the base64 of a key, as some identity providers show it, without the lines around."""
    try:
        load_der_public_key(base64.b64decode("".join(text.split()), validate=True))
    except (binascii.Error, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True
