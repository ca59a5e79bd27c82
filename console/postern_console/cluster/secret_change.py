"""A Secret that is made in a cluster for a key; one that is there already is never touched, and none is ever shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kubernetes.aio.client import ApiClient

from postern_cli.cluster.api_get import FORBIDDEN
from postern_console.editing.change import Change, digest_of
from postern_core.ref import Ref
from postern_operator.cluster.api.resource_types import SECRETS
from postern_operator.errors import LocalError

from .api_write import CONFLICT, Refusal, create


@dataclass(frozen=True, slots=True)
class SecretChange(Change):
    """A new Secret; what is in it is in no text of it."""

    ref: Ref
    manifest: Mapping[str, Any] = field(repr=False)

    @property
    def place(self) -> str:
        return str(self.ref)

    @property
    def digest(self) -> str:
        return digest_of(str(self.ref).encode())


async def create_secret(api: ApiClient, ref: Ref, manifest: Mapping[str, Any], *, is_dry: bool) -> None:
    """Create a Secret, or only ask whether it would be accepted (`is_dry`); raises `LocalError` without a quotation."""
    answer = await create(api, SECRETS.path(ref.namespace), manifest, is_dry=is_dry)
    if not isinstance(answer, Refusal):
        return
    if answer.status == CONFLICT:
        raise LocalError(f"{ref} is there already; name it as the existing Secret, or name the credential otherwise")
    if answer.status == FORBIDDEN:
        raise LocalError(f"you may not create secrets in namespace {ref.namespace}; leave the secret to the operator")
    raise LocalError(f"the API server refuses the Secret ({answer.status} {answer.reason})")
