"""What the core must know about keys, certificates and patterns but may not find out itself.

Cryptography and regular expressions are other people's libraries; the shells
bring them in as these functions.  They are pure: the same input, the same answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

KeyType = Literal["RSA", "P-256", "P-384", "P-521", "Ed25519", "Ed448"]


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key: PEM SubjectPublicKeyInfo, its type (curves by name) and its size in bits."""

    pem: str
    type: KeyType
    bits: int


class UnreadableKey(ValueError):
    """The text is not a public key; the message says why and never quotes it."""


@dataclass(frozen=True, slots=True)
class Validators:
    """The functions that a shell brings.

    `read_public_key` takes PEM or JWK text and raises `UnreadableKey`.
    `regex_error` and `certificates_error` (PEM text) say what is wrong, "" for nothing.
    `pattern_size` counts the instructions of a pattern's program, 0 for what `regex_error` refuses.
    """

    read_public_key: Callable[[str], PublicKey]
    regex_error: Callable[[str], str]
    certificates_error: Callable[[str], str]
    pattern_size: Callable[[str], int]
