"""What a Secret or ConfigMap holds, by reference, and which Secrets may hold keys.

Who writes a reference need not be allowed to read what it names.  So a message
says what is missing and what is needed, and never what is there: no entry's
name, no length, no kind of key, and of a Secret that is not meant for keys not
even that it exists.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from postern_core.kinds import API_VERSION
from postern_core.parse import Parsed, is_a
from postern_core.problems import Reason
from postern_core.ref import Ref
from postern_core.resources.kubernetes import (
    OPAQUE,
    TYPE_FOR_KEYS,
    UNMARKED_SECRETS_ALLOWED,
    UNMARKED_SECRETS_LABEL,
    USE_FOR_KEYS,
    USE_LABEL,
    ConfigMap,
    Namespace,
    Secret,
)


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a referred value can't be had."""

    reason: Reason
    message: str


def is_marked_for_keys(secret: Parsed) -> bool:
    """Whether a Secret says that it is meant for keys: by its type, by the label, or by the credential that owns it.

    Label and owner count on Opaque Secrets alone, so no token of a service
    account, no login of a registry and no certificate is ever meant.
    """
    if not is_a(secret, Secret):
        return False
    metadata = secret.resource.metadata
    if secret.resource.type == TYPE_FOR_KEYS:
        return True
    return _is_opaque(secret) and (
        metadata.labels.get(USE_LABEL) == USE_FOR_KEYS
        or any((it.api_version, it.kind) == (API_VERSION, "JWTCredential") for it in metadata.owner_references or ())
    )


def may_hold_keys(secret: Parsed, namespace: Parsed | None) -> bool:
    """Whether keys are taken from a Secret: a marked one, or an Opaque one where its Namespace allows that."""
    if is_marked_for_keys(secret):
        return True
    if not is_a(namespace, Namespace):
        return False
    allowance = namespace.resource.metadata.labels.get(UNMARKED_SECRETS_LABEL)
    return _is_opaque(secret) and allowance == UNMARKED_SECRETS_ALLOWED


def _is_opaque(secret: Parsed) -> bool:
    """Whether a Secret is of no type in particular; the API server writes `Opaque` where none is given."""
    return is_a(secret, Secret) and secret.resource.type in ("", OPAQUE)


def no_secret_for_keys(holder: Ref) -> Missing:
    """The one message for a Secret that may not be used and for one that does not exist."""
    message = (
        f"there is no {holder} that is meant for keys; "
        f"create one of type {TYPE_FOR_KEYS}, or label an Opaque one with {USE_LABEL}={USE_FOR_KEYS}"
    )
    return Missing(Reason.SECRET_NOT_FOUND, message)


def value_of(holder: Ref, parsed: Parsed | None, key: str) -> bytes | Missing:
    """The bytes under a key of a Secret or ConfigMap; messages disclose nothing else that it holds."""
    if parsed is None:
        return Missing(Reason.SECRET_NOT_FOUND, f"{holder} does not exist; create it")
    if is_a(parsed, Secret):
        plain, encoded = parsed.resource.string_data, parsed.resource.data
    elif is_a(parsed, ConfigMap):
        plain, encoded = parsed.resource.data, parsed.resource.binary_data
    else:
        return Missing(Reason.SECRET_NOT_FOUND, f"{holder} can't be read")
    if plain and key in plain:
        return plain[key].encode()
    if encoded and key in encoded:
        try:
            return base64.b64decode("".join(encoded[key].split()), validate=True)
        except (binascii.Error, ValueError):
            pass  # Counts as missing; the API server accepts nothing but base64.
    return Missing(
        Reason.SECRET_KEY_MISSING, f"{holder} has no entry {key!r} that can be read; add it, or name another"
    )
