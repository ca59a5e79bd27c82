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
    """A public key: PEM SubjectPublicKeyInfo, its type (curves by name) and its size in bits.

    `id` and `algorithm` are the `kid` and `alg` of a JWK, None where it has none.
    """

    pem: str
    type: KeyType
    bits: int
    id: str | None = None
    algorithm: str | None = None


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """The public keys of one text, in its order: of a JWK Set those that verify signatures, of any other text one.

    `passed_over` says of each other member of the set why it does not count.
    `repeated` are the ids that different keys of the set have, so that none of these keys counts.
    """

    keys: tuple[PublicKey, ...]
    is_set: bool = False
    passed_over: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()


class UnusableCertificate(ValueError):
    """A chain and a key that can't be shown to clients; the message says why, and holds nothing of the key."""


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What a certificate says of itself: the DNS names of its subjectAltName in lower case, and when it is valid.

    Times are in seconds since the epoch; one that is neither `is_for_servers` nor `is_for_clients` is for other uses.
    """

    names: tuple[str, ...]
    not_before: float
    not_after: float
    is_for_servers: bool = True
    is_for_clients: bool = True


class UnreadableKey(ValueError):
    """The text holds no public key; the message says why and what mends it, and never quotes the text."""


@dataclass(frozen=True, slots=True)
class Validators:
    """The functions that a shell brings.

    `read_public_keys` takes a PEM, JWK, JWK Set, certificate or OpenSSH text and raises `UnreadableKey`.
    `regex_error` and `certificates_error` (PEM text) say what is wrong, "" for nothing.
    `pattern_size` counts the instructions of a pattern's program, 0 for what `regex_error` refuses.
    `read_certificate` takes a chain and its key, both in PEM, and raises `UnusableCertificate`; time does not matter.
    `can_match_path` says whether a pattern may match a text that begins with a slash; where unsure, it does.
    """

    read_public_keys: Callable[[str], PublicKeys]
    regex_error: Callable[[str], str]
    certificates_error: Callable[[str], str]
    pattern_size: Callable[[str], int]
    can_match_path: Callable[[str], bool]
    read_certificate: Callable[[str, str], CertificateFacts]
