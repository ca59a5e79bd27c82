"""JWKs and JWK Sets (RFC 7517), read into the public keys that verify signatures.

Pure, and the same for what a user wrote as for what an identity provider published.
PyJWT and cryptography read the keys themselves; here is which of them count.

Rules of this file:
1. A private member anywhere refuses the whole text: the key has been published.
2. A single JWK that can't verify signatures is a mistake; in a set, which has keys for other uses, it is passed over.
3. What refers to other places (`x5u`, `x5c`, `jku`) is never followed.
4. An id names one key: different keys of one id and type are all left out, and an equal key counts once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from jwt.exceptions import PyJWTError
from nacl.bindings import crypto_core_ed25519_is_valid_point

from postern_core.algorithms import RSA_BITS_MAX, RSA_BITS_MIN
from postern_core.resources.types import PRINTABLE_PATTERN
from postern_core.strict_json import DECODER
from postern_core.validators import KeyType, PublicKey, PublicKeys, UnreadableKey

KEYS_MAX = 100
KID_CHARS_MAX = 253
# OpenSSL takes no longer one with a modulus beyond 3072 bits; with any, it makes verifying as slow as signing.
EXPONENT_BITS_MAX = 64

PRIVATE_KEY = "is a private key; use the public key, and make a new pair, for this one has been disclosed"

# RFC 7518, sections 6.2.2 and 6.3.2; RFC 8037, section 2; `priv` is that of the newer kinds.
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "priv"})
_PUBLIC_MEMBERS = ("kty", "n", "e", "crv", "x", "y")
_CURVES: dict[str, KeyType] = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
_READERS: dict[str, Any] = {"RSA": RSAAlgorithm, "EC": ECAlgorithm, "OKP": OKPAlgorithm}
_REPEATED = "has a kid that another key has; have the issuer mend it"
_PRINTABLE = re.compile(PRINTABLE_PATTERN)
# RFC 8032, section 5.2: the field of Ed448.
_P448 = 2**448 - 2**224 - 1


def read_jwks(text: str) -> PublicKeys:
    """Read a JWK or a JWK Set; raises `UnreadableKey`, also for a set without any key that counts."""
    try:
        value = DECODER.decode(text)
    except (ValueError, RecursionError):
        raise UnreadableKey("is not JSON, or has a member twice; put the JWK in as it was published") from None
    if not isinstance(value, dict):
        raise UnreadableKey('is a list; write a JWK Set, {"keys": [...]}')
    if "keys" in value and "kty" not in value:
        return _read_set(value["keys"])
    _refuse_private([value])
    return PublicKeys((_read_jwk(value),))


def read_published_jwks(text: str) -> PublicKeys:
    """Read what an identity provider publishes, which must be a set; raises `UnreadableKey` as `read_jwks` does.

    Keys that are too short to be used are passed over too.
    """
    found = read_jwks(text)
    if not found.is_set:
        raise UnreadableKey('is not a JWK Set, {"keys": [...]}')
    long_enough = tuple(key for key in found.keys if key.type != "RSA" or key.bits >= RSA_BITS_MIN)
    if not long_enough:
        raise UnreadableKey(f"is a JWK Set whose keys are all shorter than {RSA_BITS_MIN} bits")
    return replace(found, keys=long_enough)


def write_jwks(keys: Iterable[PublicKey]) -> str:
    """Write keys as a JWK Set of public members only; equal keys are an equal text, in whatever order they came."""
    members = []
    for key in keys:
        read = load_pem_public_key(key.pem.encode())
        jwk = _READERS[_kty(key)].to_jwk(read, as_dict=True)
        named = {"kid": key.id, "alg": key.algorithm, "use": "sig"}
        members.append(
            {name: jwk[name] for name in _PUBLIC_MEMBERS if name in jwk} | {k: v for k, v in named.items() if v}
        )
    members.sort(key=lambda it: sorted(it.items()))
    return msgspec.json.encode({"keys": members}, order="sorted").decode()


def described(key: object) -> PublicKey:
    """Return what is known of a key of cryptography; raises `UnreadableKey` for one that no algorithm here uses."""
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        if key.key_size > RSA_BITS_MAX:
            raise UnreadableKey(f"is an RSA key beyond {RSA_BITS_MAX} bits; make a shorter one")
        if numbers.e.bit_length() > EXPONENT_BITS_MAX or not numbers.n & 1:
            raise UnreadableKey("is an RSA key with an even modulus or a huge exponent; make one with e = 65537")
        type_: KeyType = "RSA"
    elif isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        type_ = _CURVES[key.curve.name]
    elif isinstance(key, ed25519.Ed25519PublicKey):
        type_ = "Ed25519"
    elif isinstance(key, ed448.Ed448PublicKey):
        type_ = "Ed448"
    else:
        raise UnreadableKey(
            "is a key of a type that no algorithm here uses; use RSA, P-256, P-384, P-521 or Ed25519/Ed448"
        )
    if isinstance(key, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)) and _is_weak(key):
        raise UnreadableKey(
            f"is an {type_} key that no key generation makes, and others could sign for; make a new pair"
        )
    bits = {"Ed25519": 256, "Ed448": 456}.get(type_) or key.key_size  # type: ignore[union-attr]
    return PublicKey(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(), type_, bits)


def _is_weak(key: ed25519.Ed25519PublicKey | ed448.Ed448PublicKey) -> bool:
    """Whether the key is outside the group that keys are made in; anyone can sign for a key of small order."""
    raw = key.public_bytes_raw()
    if isinstance(key, ed25519.Ed25519PublicKey):
        return not crypto_core_ed25519_is_valid_point(raw)
    # The points of Ed448 whose order divides the cofactor of 4 are those with a y of 0, 1 and -1.
    return (int.from_bytes(raw[:56], "little") + 1) % _P448 <= 2


def _read_set(members: object) -> PublicKeys:
    if not isinstance(members, list) or not members:
        raise UnreadableKey("is a JWK Set without keys; put the set here as the issuer publishes it")
    if len(members) > KEYS_MAX:
        raise UnreadableKey(f"is a JWK Set of more than {KEYS_MAX} keys; leave out those that sign no longer")
    _refuse_private(members)
    found: list[PublicKey] = []
    passed_over: list[str] = []
    for member in members:
        try:
            found.append(_read_jwk(member))
        except UnreadableKey as error:
            passed_over.append(str(error))
    repeated = _repeated(found)
    passed_over += [_REPEATED for key in found if _name(key) in repeated]
    keys = tuple(dict.fromkeys(key for key in found if _name(key) not in repeated))
    if not keys:
        raise UnreadableKey(f"is a JWK Set without a key that verifies signatures; the first one {passed_over[0]}")
    ids = tuple(sorted({id_ for id_, _ in repeated}))
    return PublicKeys(keys, is_set=True, passed_over=tuple(passed_over), repeated=ids)


def _refuse_private(members: Iterable[object]) -> None:
    if any(isinstance(it, dict) and it.get("kty") != "oct" and not _PRIVATE_MEMBERS.isdisjoint(it) for it in members):
        raise UnreadableKey(PRIVATE_KEY)


def _repeated(found: Iterable[PublicKey]) -> set[tuple[str, str]]:
    """Return the names that different keys have."""
    by_name: dict[tuple[str, str], set[str]] = {}
    for key in found:
        if key.id is not None:
            by_name.setdefault(_name(key), set()).add(key.pem)
    return {name for name, pems in by_name.items() if len(pems) > 1}


def _name(key: PublicKey) -> tuple[str, str]:
    """Return what names one key of a set: RFC 7517, section 4.5, lets keys of different `kty` share a `kid`."""
    return key.id or "", _kty(key)


def _kty(key: PublicKey) -> str:
    return "EC" if key.type.startswith("P-") else "OKP" if key.type.startswith("Ed") else key.type


def _read_jwk(jwk: object) -> PublicKey:
    if not isinstance(jwk, dict):
        raise UnreadableKey("is no JWK, which is a JSON object")
    kty, operations, kid = jwk.get("kty"), jwk.get("key_ops", ["verify"]), jwk.get("kid")
    if kty == "oct":
        raise UnreadableKey("is a shared secret (kty oct), and shown by now; make a new one for a secretRef")
    # RFC 7517, section 4.2: "sig" (signature) and "enc" (encryption).
    if jwk.get("use", "sig") != "sig":
        raise UnreadableKey("has a use that is not sig; give the key that signs tokens, with use sig or without use")
    if not isinstance(operations, list) or "verify" not in operations:
        raise UnreadableKey("has key_ops without verify; give the key that signs tokens, or take key_ops out")
    if kid is not None and not (isinstance(kid, str) and 0 < len(kid) <= KID_CHARS_MAX and _PRINTABLE.match(kid)):
        raise UnreadableKey(f"has a kid that is not 1 to {KID_CHARS_MAX} characters of printable ASCII; correct it")
    algorithm = jwk.get("alg")
    if algorithm is not None and not isinstance(algorithm, str):
        raise UnreadableKey("has an alg that is no text; correct it, or take it out")
    if not isinstance(kty, str) or kty not in _READERS:
        raise UnreadableKey("is not a JWK of kty RSA, EC or OKP")
    key = described(_public_key(kty, jwk))
    return PublicKey(key.pem, key.type, key.bits, kid, algorithm)


def _public_key(kty: str, jwk: dict[str, Any]) -> Any:
    # Before it is read: six bits a character.
    if len(str(jwk.get("n", ""))) > RSA_BITS_MAX // 6 + 4:
        raise UnreadableKey(f"is an RSA key beyond {RSA_BITS_MAX} bits; make a shorter one")
    try:
        return _READERS[kty].from_jwk(jwk)
    except (PyJWTError, ValueError, KeyError, TypeError, AttributeError, UnsupportedAlgorithm):
        # From None: what the parser met stays out of tracebacks.
        raise UnreadableKey("is a JWK that can't be read, or of another curve; see RFC 7518, section 6") from None
