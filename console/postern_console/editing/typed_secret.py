"""A secret that is typed into the form of a JWTCredential: it becomes a Secret of its own, and is on no page again.

Between the look at a change and its save it is kept here, for a page would have to hold it else.  Pure but for the
random values; the clock is passed in.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from postern_core.parse import Parsed, parse_manifest
from postern_core.ref import Ref
from postern_core.resources.kubernetes import TYPE_FOR_KEYS

from .fields import Form, value_at

SECRET, IS_BASE64, PENDING, ELSEWHERE = "secret", "secret_base64", "pending", "secret_elsewhere"
# The entry of the Secret that is made.
ENTRY = "secret"
NAME, ENTRY_NAME = "keys.0.secretRef.name", "keys.0.secretRef.key"
# Between a look at a change and its save.
KEPT_S = 600.0
KEPT_MAX = 8

# The names of Secrets of one namespace, each with those of its entries; None where they can't be known.
KnownSecrets = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class TypedSecret:
    """The Secret, and how its entry is written."""

    ref: Ref
    manifest: Mapping[str, Any] = field(repr=False)
    encoding: str

    @property
    def parsed(self) -> Parsed:
        return parse_manifest(self.manifest)

    def named_by(self, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """The manifest of a JWTCredential whose key this is."""
        ref = {"name": self.ref.name, "key": ENTRY} | ({} if self.encoding == "Plain" else {"encoding": self.encoding})
        return {**manifest, "spec": {**manifest["spec"], "keys": [{"secretRef": ref}]}}


def typed_secret_of(form: Form, credential: Ref) -> TypedSecret | None:
    """The secret of a form, which is named as the credential is; None where none was typed."""
    text = (form.get(SECRET) or [""])[0].strip()
    if not text:
        return None
    manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": credential.name, "namespace": credential.namespace},
        "type": TYPE_FOR_KEYS,
        "stringData": {ENTRY: text},
    }
    ref = Ref("Secret", credential.namespace, credential.name)
    return TypedSecret(ref, manifest, "Base64" if form.get(IS_BASE64) else "Plain")


def mistakes_of(secret: TypedSecret, spec: Mapping[str, Any], known: KnownSecrets) -> dict[str, list[str]]:
    """Why a typed secret can't be the key of a credential, by the input."""
    if not str(spec.get("algorithm", "HS256")).startswith("HS"):
        return {SECRET: ["is for the HS algorithms; the others have a public key"]}
    if spec.get("keys"):
        return {SECRET: ["is one key too many: leave the other inputs of the key empty"]}
    if secret.ref.name in known:
        return {SECRET: [f"would be kept in the Secret {secret.ref.name}, which is there already; name that one"]}
    return {}


def foreign_names(values: Mapping[str, Any], before: Mapping[str, Any], known: KnownSecrets | None) -> tuple[str, ...]:
    """The inputs that name no Secret, or no entry of it: what was typed there may be a secret.

    `before` is the spec that is there, whose own names are none of these.
    """
    name, entry = (str(values.get(it, "")).strip() for it in (NAME, ENTRY_NAME))
    keys = before.get("keys") or [{}]
    own_name, own_entry = (value_at(keys[0], ("secretRef", it), "") for it in ("name", "key"))
    entries = (known or {}).get(name)
    if name and name != own_name and entries is None:
        return (NAME, ENTRY_NAME) if entry not in ("", own_entry) else (NAME,)
    is_known = not entry or entry == own_entry or (entries is not None and entry in entries)
    return () if is_known else (ENTRY_NAME,)


class PendingSecrets:
    """Those that were looked at and not saved yet, by an id that tells nothing; `clock` is in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[float, TypedSecret]] = {}

    def keep(self, secret: TypedSecret) -> str:
        """Keep one for a while; the oldest gives way."""
        self._forget()
        while len(self._kept) >= KEPT_MAX:
            del self._kept[next(iter(self._kept))]
        name = secrets.token_urlsafe(16)
        self._kept[name] = (self._clock(), secret)
        return name

    def find(self, name: str, ref: Ref) -> TypedSecret | None:
        """The one that was kept by this id, for this Secret."""
        self._forget()
        found = self._kept.get(name)
        return found[1] if found and found[1].ref == ref else None

    def drop(self, name: str) -> None:
        """Forget one that was saved."""
        self._kept.pop(name, None)

    def _forget(self) -> None:
        oldest = self._clock() - KEPT_S
        self._kept = {name: one for name, one in self._kept.items() if one[0] > oldest}
