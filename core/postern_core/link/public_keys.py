"""The public keys of one entry of `keys`: whether each fits the credential, and by which id it is known.

A single key that does not fit is a mistake; keys of a JWK Set that are for something else are passed over and counted.
"""

from __future__ import annotations

from dataclasses import dataclass

from postern_core.algorithms import KEY_TYPES, RSA_BITS_MIN, is_fit, token_names
from postern_core.problems import Reason
from postern_core.resources.jwt_credential import CredentialKeySpec, JWTCredentialSpec
from postern_core.snapshot import Key
from postern_core.validators import PublicKey, PublicKeys, UnreadableKey, Validators

from .references import Missing

REPEATED_KID = "different keys of the JWK Set have one kid, so none of them counts; have its issuer fix it"


@dataclass(frozen=True, slots=True)
class Material:
    """What one entry of `keys` comes to: the keys, how many of a JWK Set are passed over, and what to warn of."""

    keys: tuple[Key, ...]
    passed_over: int = 0
    warnings: tuple[str, ...] = ()


def public_material(
    text: str, spec: JWTCredentialSpec, entry: CredentialKeySpec, inspectors: Validators
) -> Material | Missing:
    """The keys of a text; messages tell what was found, which the author of an inline text may know."""
    try:
        found = inspectors.read_public_keys(text)
    except UnreadableKey as error:
        return Missing(Reason.INVALID_KEY_MATERIAL, str(error))
    return _of_set(found, spec, entry) if found.is_set else _of_key(found.keys[0], spec, entry)


def without_findings(found: Material | Missing, where: str, algorithm: str) -> Material | Missing:
    """The same for the reader of a status, who need not be allowed to read what holds the key: what is needed, only."""
    if isinstance(found, Material):
        return Material(found.keys, found.passed_over, tuple(f"{where}: {it}" for it in found.warnings))
    if found.reason is Reason.WEAK_KEY:
        message = f"{where}: {algorithm} needs an RSA key of {RSA_BITS_MIN} bits or more; use one, or set allowWeakKey"
        return Missing(Reason.WEAK_KEY, message)
    types = " or ".join(KEY_TYPES[algorithm])
    message = (
        f"{where}: holds no public key for {algorithm}, or one of another id; put one of type {types} there: "
        "in PEM, a certificate, or a JWK or JWK Set whose use, key_ops and alg allow it"
    )
    return Missing(found.reason, message)


def _of_key(found: PublicKey, spec: JWTCredentialSpec, entry: CredentialKeySpec) -> Material | Missing:
    wrong = _violation(found, spec)
    if wrong is not None:
        return wrong
    if found.id is not None and entry.id not in (None, found.id):
        message = f"has the kid {found.id!r}, by which tokens name it, and id is {entry.id!r}; leave out id"
        return Missing(Reason.INVALID_KEY_MATERIAL, message)
    return Material((Key(material=found.pem, id=found.id or entry.id),))


def _of_set(found: PublicKeys, spec: JWTCredentialSpec, entry: CredentialKeySpec) -> Material | Missing:
    if entry.id is not None:
        return Missing(Reason.INVALID_KEY_MATERIAL, "is a JWK Set, whose keys have ids of their own; leave out id")
    keys = tuple(Key(material=it.pem, id=it.id) for it in found.keys if _violation(it, spec) is None)
    if not keys:
        message = f"is a JWK Set without a key for {spec.own_algorithm}; set algorithm to that of its keys"
        return Missing(Reason.INVALID_KEY_MATERIAL, message)
    passed_over = len(found.passed_over) + len(found.keys) - len(keys)
    return Material(keys, passed_over, (REPEATED_KID,) if found.repeated else ())


def _violation(key: PublicKey, spec: JWTCredentialSpec) -> Missing | None:
    """Why a key can't verify the credential's tokens, None if it can."""
    algorithm = spec.own_algorithm
    # RFC 7517, section 4.4: "The "alg" (algorithm) parameter identifies the algorithm intended for use with the key."
    if key.algorithm is not None and algorithm not in token_names(key.algorithm):
        other = f"set algorithm to {key.algorithm}" if key.algorithm in KEY_TYPES else "use a key for it"
        message = f"is a JWK whose alg is not {algorithm}; {other}"
        return Missing(Reason.INVALID_KEY_MATERIAL, message)
    if key.type not in KEY_TYPES[algorithm]:
        others = ", ".join(name for name, types in KEY_TYPES.items() if key.type in types)
        needed = " or ".join(KEY_TYPES[algorithm])
        message = (
            f"is a key of type {key.type}; {algorithm} needs {needed}; use such a key, or set algorithm ({others})"
        )
        return Missing(Reason.INVALID_KEY_MATERIAL, message)
    if not is_fit(key.type, key.bits, algorithm):
        message = f"RSA key of {key.bits} bits, too short for any {algorithm} signature; use {RSA_BITS_MIN} or more"
        return Missing(Reason.INVALID_KEY_MATERIAL, message)
    if key.type == "RSA" and key.bits < RSA_BITS_MIN and not spec.allow_weak_key:
        message = f"RSA key of {key.bits} bits; use {RSA_BITS_MIN} or more, or set allowWeakKey"
        return Missing(Reason.WEAK_KEY, message)
    return None
