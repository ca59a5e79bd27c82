"""The keys that verify signatures, prepared when they are first needed.

PyJWT and cryptography do the cryptography, but for Ed25519, which libsodium
verifies in half the time; it accepts nothing that cryptography refuses.  Which
algorithm is used is the credential's word, never the token's (RFC 8725, section 3.1).
"""

from __future__ import annotations

import base64
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.algorithms import Algorithm, get_default_algorithms
from jwt.exceptions import PyJWTError
from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

from postern_core.snapshot import Key

from .token import Token

# RFC 9864, section 2.2: the two curves of EdDSA as algorithms of their own, which PyJWT knows as EdDSA alone.
_CURVES: dict[str, type] = {"Ed25519": VerifyKey, "Ed448": Ed448PublicKey}
_ALGORITHMS = {name: algorithm for name, algorithm in get_default_algorithms().items() if name != "none"}
_ALGORITHMS |= dict.fromkeys(_CURVES, _ALGORITHMS["EdDSA"])


class VerificationKey:
    """One live key of a credential."""

    __slots__ = ("_algorithm", "_entry", "_prepared", "id", "not_after")

    def __init__(self, entry: Key, algorithm: str) -> None:
        self._entry = entry
        self._algorithm = algorithm
        self._prepared: Any = None
        self.id = entry.id
        self.not_after = entry.not_after

    def is_live(self, now_s: float) -> bool:
        """Whether the key still verifies anything."""
        return self.not_after is None or now_s < self.not_after

    def verifies(self, token: Token) -> bool:
        """Whether the signature is this key's; compared in constant time where that matters."""
        try:
            algorithm = _ALGORITHMS[self._algorithm]
            if self._prepared is None:
                self._prepared = self._prepare(algorithm)
            curve = _CURVES.get(token.header["alg"])
            if curve is not None and not isinstance(self._prepared, curve):
                return False
            if isinstance(self._prepared, VerifyKey):
                self._prepared.verify(token.signing_input, token.signature)
                return True
            return bool(algorithm.verify(token.signing_input, self._prepared, token.signature))
        except (PyJWTError, CryptoError, ValueError, TypeError, KeyError, UnsupportedAlgorithm):
            # A key or signature of a shape that the library can't work with verifies nothing.
            return False

    def _prepare(self, algorithm: Algorithm) -> Any:
        """Read the key; raises for one that is empty, or of another type or curve than the algorithm's."""
        if not self._algorithm.startswith("HS"):
            key = algorithm.prepare_key(load_pem_public_key(self._entry.material.encode()))
            if isinstance(key, Ed25519PublicKey):
                key = VerifyKey(key.public_bytes_raw())
            if not isinstance(key, _CURVES.get(self._algorithm, object)):
                raise ValueError("the key is of the other curve")
            return key
        secret = base64.b64decode(self._entry.material, validate=True)
        # RFC 2104, section 2: a key is padded with zeros, so one of zeros is the empty one.
        if not secret.strip(b"\0"):
            raise ValueError("an empty secret would verify what anybody signs")
        return secret
