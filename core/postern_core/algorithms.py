"""What each signing algorithm needs: the type and size of its keys, and the names by which tokens call it."""

from __future__ import annotations

from .validators import KeyType

_RSA: tuple[KeyType, ...] = ("RSA",)
KEY_TYPES: dict[str, tuple[KeyType, ...]] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), _RSA),
    "ES256": ("P-256",),
    "ES384": ("P-384",),
    "ES512": ("P-521",),
    "EdDSA": ("Ed25519", "Ed448"),
    "Ed25519": ("Ed25519",),
    "Ed448": ("Ed448",),
}
# RFC 7518, sections 3.3 and 3.5: a key of size 2048 bits or larger MUST be used.
RSA_BITS_MIN = 2048
# A verification with a longer one takes a worker as long as a request does in all.
RSA_BITS_MAX = 8192

# Keys that are tried with one token, of all credentials together: each costs a verification, and a client chooses the
# token and its kid.  Of one credential none is tried where more could be meant.
KEYS_TRIED_MAX = 16

# RFC 9864, section 2.2: EdDSA leaves the curve to the key; Ed25519 and Ed448 are the same algorithm with the curve in
# the name. All other names of JOSE say all there is to say.
_EDWARDS = {
    "EdDSA": frozenset({"EdDSA", "Ed25519", "Ed448"}),
    "Ed25519": frozenset({"EdDSA", "Ed25519"}),
    "Ed448": frozenset({"EdDSA", "Ed448"}),
}


def token_names(algorithm: str) -> frozenset[str]:
    """Return the values of `alg` that mean this algorithm, or with EdDSA this algorithm on one of its curves."""
    return _EDWARDS.get(algorithm) or frozenset({algorithm})


def is_fit(type_: KeyType, bits: int, algorithm: str) -> bool:
    """Whether a public key of this type and size can verify a signature of the algorithm at all."""
    if type_ not in KEY_TYPES[algorithm]:
        return False
    if not algorithm.startswith("PS"):
        return True
    # RFC 8017, section 9.1.1, step 3, with a salt as long as the hash (RFC 7518, section 3.5).
    return (bits + 6) // 8 >= 2 * int(algorithm[2:]) // 8 + 2
