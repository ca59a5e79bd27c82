"""Which secrets are generated, for credentials that name no key of their own, and how one is known.

Making the bytes belongs in the shells, for this package knows no chance.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .kinds import API_VERSION
from .parse import Decoded, Parsed, is_a
from .ref import Ref
from .resources.credential_keys import GENERATED_ENTRY, HMAC_BYTES, generated_name, is_generated
from .resources.jwt_credential import JWTCredential
from .resources.kubernetes import OPAQUE, USE_FOR_KEYS, USE_LABEL, Secret


@dataclass(frozen=True, slots=True)
class WantedSecret:
    """A Secret that is to be created once.

    Its entry `GENERATED_ENTRY` holds the base64 text of `size_bytes` random bytes.
    `uid` is the credential's, "" where none has any.
    """

    ref: Ref
    credential: Ref
    size_bytes: int
    uid: str = ""


def generated_manifest(wanted: WantedSecret, text: str) -> dict[str, Any]:
    """The manifest, with the base64 text of its random bytes; Kubernetes puts base64 of its own around it.

    The Secret is deleted with its credential, which does not wait for it.  The
    credential is not its controller: the Secret is never reconciled once it is
    created, and a controller's label would make GitOps tools prune it.
    """
    owner = {"apiVersion": API_VERSION, "kind": wanted.credential.kind, "name": wanted.credential.name}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": wanted.ref.name,
            "namespace": wanted.ref.namespace,
            "labels": {"app.kubernetes.io/managed-by": "postern", USE_LABEL: USE_FOR_KEYS},
            "ownerReferences": [owner | {"uid": wanted.uid, "controller": False, "blockOwnerDeletion": False}],
        },
        "type": OPAQUE,
        "stringData": {GENERATED_ENTRY: text},
    }


def is_generated_for(secret: Parsed, credential: Decoded[JWTCredential]) -> bool:
    """Whether a Secret says that it was made for this very credential, and not for an earlier one of its name."""
    known = secret.resource.metadata.owner_references if is_a(secret, Secret) else None
    owner = credential.resource.metadata
    return any(
        (one.api_version, one.kind, one.name, one.uid) == (API_VERSION, credential.ref.kind, owner.name, owner.uid)
        for one in known or ()
    )


def wanted_secrets(resources: Iterable[Parsed]) -> tuple[WantedSecret, ...]:
    """The Secrets to be generated, whether they exist already or not, in order of Ref."""
    wanted = []
    for parsed in resources:
        if is_a(parsed, JWTCredential) and is_generated(parsed.resource.spec):
            ref = Ref("Secret", parsed.ref.namespace, generated_name(parsed.ref.name))
            size_bytes, uid = HMAC_BYTES[parsed.resource.spec.own_algorithm], parsed.resource.metadata.uid
            wanted.append(WantedSecret(ref, parsed.ref, size_bytes, uid))
    return tuple(sorted(wanted, key=lambda secret: secret.ref))
