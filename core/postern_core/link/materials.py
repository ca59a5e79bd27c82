"""The material of one key: where it may be taken from, and whether it fits its algorithm.

Of a Secret that may not hold keys the same is said as of one that does not
exist, and of any other what is needed, never what was found.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from postern_core.parse import Parsed
from postern_core.problems import Reason
from postern_core.ref import Ref
from postern_core.resources.credential_keys import HMAC_BYTES
from postern_core.resources.jwt_credential import CredentialKeySpec, JWTCredentialSpec, SecretKeyRef
from postern_core.validators import UnreadableKey, Validators

from .references import Missing, is_marked_for_keys, may_hold_keys, no_secret_for_keys, value_of
from .sizes import KEY_BYTES_MAX

KEY_TYPES = {
    "RS": ("RSA",),
    "PS": ("RSA",),
    "ES256": ("P-256",),
    "ES384": ("P-384",),
    "ES512": ("P-521",),
    "EdDSA": ("Ed25519", "Ed448"),
}
# RFC 7518, sections 3.3 and 3.5: a key of size 2048 bits or larger MUST be used.
RSA_BITS = 2048


@dataclass(frozen=True, slots=True)
class Holder:
    """The Secret or ConfigMap that holds a key, as it is named and as it is found, and the Namespace of both."""

    ref: Ref
    parsed: Parsed | None
    namespace: Parsed | None


def material_of(
    spec: JWTCredentialSpec, key: CredentialKeySpec, holder: Holder | None, inspectors: Validators
) -> str | Missing:
    """A key's material as the snapshot carries it, or why there is none; `holder` is None for an inline key."""
    if holder is None:
        return _public_material(str(key.public_key), spec, inspectors)
    if holder.ref.kind != "Secret":
        return _referred_material(spec, key, holder, inspectors)
    if holder.parsed is None or not may_hold_keys(holder.parsed, holder.namespace):
        return no_secret_for_keys(holder.ref)
    material = _referred_material(spec, key, holder, inspectors)
    if isinstance(material, Missing) and not is_marked_for_keys(holder.parsed):
        return no_secret_for_keys(holder.ref)
    return material


def _referred_material(
    spec: JWTCredentialSpec, key: CredentialKeySpec, holder: Holder, inspectors: Validators
) -> str | Missing:
    entry = key.secret_ref.key if key.secret_ref else key.public_key_ref.key if key.public_key_ref else ""
    where = f"{holder.ref}, entry {entry!r}"
    value = value_of(holder.ref, holder.parsed, entry)
    if isinstance(value, Missing):
        return value
    if len(value) > KEY_BYTES_MAX:
        message = f"{where}: is longer than {KEY_BYTES_MAX:,} bytes, the most for a key; use a shorter one"
        return Missing(Reason.INVALID_KEY_MATERIAL, message)
    if key.secret_ref is not None:
        return _secret_material(value, key.secret_ref, where, spec)
    material = _public_material(value.decode("utf-8", "replace"), spec, inspectors)
    return _without_findings(material, where, spec.algorithm) if isinstance(material, Missing) else material


def _secret_material(value: bytes, reference: SecretKeyRef, where: str, spec: JWTCredentialSpec) -> str | Missing:
    form = "must be base64 text (see encoding), and " if reference.encoding == "Base64" else ""
    message = f"{where}: holds no secret for {spec.algorithm}; it {form}must not be empty or an asymmetric key"
    unfit = Missing(Reason.INVALID_KEY_MATERIAL, message)
    if reference.encoding == "Base64":
        try:
            value = base64.b64decode(b"".join(value.split()), validate=True)
        except (binascii.Error, ValueError):
            return unfit
    if not value or value.lstrip().startswith((b"-----BEGIN", b"ssh-")):
        return unfit
    needed = HMAC_BYTES[spec.algorithm]
    if len(value) < needed and not spec.allow_weak_key:
        message = f"{where}: {spec.algorithm} needs {needed} bytes or more; use a longer one, or set allowWeakKey"
        return Missing(Reason.WEAK_KEY, message)
    return base64.b64encode(value).decode()


def _public_material(text: str, spec: JWTCredentialSpec, inspectors: Validators) -> str | Missing:
    """A public key in PEM; messages say what was found, which only the author of an inline key may know."""
    try:
        key = inspectors.read_public_key(text)
    except UnreadableKey as error:
        return Missing(Reason.INVALID_KEY_MATERIAL, str(error))
    wanted = _key_types(spec.algorithm)
    if key.type not in wanted:
        message = f"is a key of type {key.type}; {spec.algorithm} needs {' or '.join(wanted)}"
        return Missing(Reason.INVALID_KEY_MATERIAL, message)
    if key.type == "RSA" and key.bits < RSA_BITS and not spec.allow_weak_key:
        return Missing(Reason.WEAK_KEY, f"RSA key of {key.bits} bits; use {RSA_BITS} or more, or set allowWeakKey")
    return key.pem


def _without_findings(found: Missing, where: str, algorithm: str) -> Missing:
    """The same fault with a message that says what is needed, and not what was found."""
    if found.reason is Reason.WEAK_KEY:
        message = f"{where}: {algorithm} needs an RSA key of {RSA_BITS} bits or more; use one, or set allowWeakKey"
        return Missing(Reason.WEAK_KEY, message)
    types = " or ".join(_key_types(algorithm))
    message = f"{where}: holds no public key for {algorithm}; put one of type {types} there, in PEM or as a JWK"
    return Missing(found.reason, message)


def _key_types(algorithm: str) -> tuple[str, ...]:
    return KEY_TYPES.get(algorithm) or KEY_TYPES[algorithm[:2]]
