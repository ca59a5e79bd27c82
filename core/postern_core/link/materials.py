"""The material of one key: where it may be taken from, and whether it fits its algorithm.

Of a Secret that may not hold keys the same is said as of one that does not
exist, and of any other what is needed, never what was found.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace

from postern_core.parse import Parsed
from postern_core.problems import Reason
from postern_core.ref import Ref
from postern_core.resources.credential_keys import HMAC_BYTES
from postern_core.resources.jwt_credential import CredentialKeySpec, JWTCredentialSpec, SecretKeyRef
from postern_core.snapshot import Key
from postern_core.validators import Validators

from .public_keys import Material, public_material, without_findings
from .references import Missing, is_marked_for_keys, may_hold_keys, no_secret_for_keys, value_of
from .sizes import KEY_BYTES_MAX, KEY_SET_BYTES_MAX

_STANDARD = bytes.maketrans(b"-_", b"+/")


@dataclass(frozen=True, slots=True)
class Holder:
    """The Secret or ConfigMap that holds a key, as it is named and as it is found, and the Namespace of both."""

    ref: Ref
    parsed: Parsed | None
    namespace: Parsed | None


def material_of(
    spec: JWTCredentialSpec, key: CredentialKeySpec, holder: Holder | None, inspectors: Validators
) -> Material | Missing:
    """The keys of one entry as the snapshot carries them, or why there is none; `holder` is None for an inline key."""
    if holder is None:
        return public_material(str(key.public_key), spec, key, inspectors)
    if holder.ref.kind != "Secret":
        return _referred_material(spec, key, holder, inspectors)
    if holder.parsed is None or not may_hold_keys(holder.parsed, holder.namespace):
        return no_secret_for_keys(holder.ref)
    material = _referred_material(spec, key, holder, inspectors)
    if is_marked_for_keys(holder.parsed):
        return material
    # Its owner has not agreed to be read, so the status shows no more than whether it serves.
    return no_secret_for_keys(holder.ref) if isinstance(material, Missing) else replace(material, warnings=())


def white_space_around(secret: bytes) -> str:
    """Return what of a text is easily there without being meant, as "ends in a line feed"; "" for what looks meant.

    Bytes that are no text are random, and end in whatever they end in.
    """
    text = secret.strip()
    if not text or text == secret or not (text.isascii() and text.decode().isprintable()):
        return ""
    if secret.endswith((b"\n", b"\r")):
        return "ends in a line feed"
    return "begins or ends with white space"


def _referred_material(
    spec: JWTCredentialSpec, key: CredentialKeySpec, holder: Holder, inspectors: Validators
) -> Material | Missing:
    entry = key.secret_ref.key if key.secret_ref else key.public_key_ref.key if key.public_key_ref else ""
    where = f"{holder.ref}, entry {entry!r}"
    value = value_of(holder.ref, holder.parsed, entry)
    if isinstance(value, Missing):
        return value
    bytes_max = KEY_BYTES_MAX if key.secret_ref else KEY_SET_BYTES_MAX
    if len(value) > bytes_max:
        message = f"{where}: is longer than {bytes_max:,} bytes, the most for a key; use a shorter one"
        return Missing(Reason.INVALID_KEY_MATERIAL, message)
    if key.secret_ref is not None:
        return _secret_material(value, key, key.secret_ref, where, spec)
    material = public_material(value.decode("utf-8", "replace"), spec, key, inspectors)
    return without_findings(material, where, spec.own_algorithm)


def _secret_material(
    value: bytes, key: CredentialKeySpec, reference: SecretKeyRef, where: str, spec: JWTCredentialSpec
) -> Material | Missing:
    form = "must be base64 text (see encoding), and " if reference.encoding == "Base64" else ""
    message = (
        f"{where}: holds no secret for {spec.own_algorithm}; it {form}must not be empty, an asymmetric key or a JWK"
    )
    unfit = Missing(Reason.INVALID_KEY_MATERIAL, message)
    if reference.encoding == "Base64":
        decoded = _from_base64(value)
        if decoded is None:
            return unfit
        value = decoded
    # RFC 2104, section 2: a key is padded with zeros, so one of zeros is the empty one.
    if not value.strip(b"\0") or value.lstrip().startswith((b"-----BEGIN", b"ssh-")) or _is_jwk(value):
        return unfit
    needed = HMAC_BYTES[spec.own_algorithm]
    if len(value) < needed and not spec.allow_weak_key:
        message = f"{where}: {spec.own_algorithm} needs {needed} bytes or more; use a longer one, or set allowWeakKey"
        return Missing(Reason.WEAK_KEY, message)
    stray = white_space_around(value)
    warning = (
        f"{where}: {stray}, which is a part of the key, so tokens that are signed without it are refused; "
        "write the Secret without it, as with: printf %s"
    )
    return Material((Key(material=base64.b64encode(value).decode(), id=key.id),), warnings=(warning,) if stray else ())


def _from_base64(text: bytes) -> bytes | None:
    """The bytes of base64 in either alphabet (RFC 4648, sections 4 and 5), padded or not; None for anything else."""
    joined = b"".join(text.split()).translate(_STANDARD).rstrip(b"=")
    try:
        return base64.b64decode(joined + b"=" * (-len(joined) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _is_jwk(secret: bytes) -> bool:
    """Whether it is the text of a JWK, which signs nothing as it stands: the key is within."""
    return secret.lstrip().startswith(b"{") and b'"kty"' in secret
