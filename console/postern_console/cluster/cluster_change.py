"""A change of an object in a cluster: the manifest that is applied, and the command that would apply it. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from postern_cli.sources import Where
from postern_console.editing.change import Change, digest_of, file_name
from postern_console.editing.document_edit import new_document
from postern_core.ref import Ref
from postern_core.resources.types import NAME_PATTERN
from postern_operator.errors import LocalError


@dataclass(frozen=True, slots=True)
class ClusterChange(Change):
    """An object before and after; `live` is all that the API server has of it, None for a new one or where unknown.

    One that `is_patch` is no apply, because that would come out otherwise.
    """

    ref: Ref
    manifest: Mapping[str, Any]
    live: Mapping[str, Any] | None = None
    is_patch: bool = False

    @property
    def place(self) -> str:
        return str(self.ref)

    @property
    def digest(self) -> str:
        conflicts = "\n".join(map("=".join, self.conflicts)) if not self.takes_over else "taken over"
        return digest_of(*(text.encode() for text in (str(self.ref), self.old, self.new, conflicts)))

    @property
    def to_apply(self) -> str:
        return new_document(self.manifest)


def change_of(ref: Ref, old: Mapping[str, Any] | None, new: Mapping[str, Any], where: Where) -> ClusterChange:
    """What applying the new manifest would change; raises `LocalError` for names that no object can have."""
    if not all(re.match(NAME_PATTERN, name) for name in (ref.name, ref.namespace)):
        raise LocalError("an object needs a name and a namespace of lower-case letters, digits and dashes")
    return ClusterChange(
        old=new_document(old) if old is not None else "",
        new=new_document(new),
        ref=ref,
        manifest=applied_part(ref, new),
        command=command_for(ref, where),
    )


def applied_part(ref: Ref, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What is applied: the spec alone, so that labels and annotations stay with those who set them."""
    return {
        "apiVersion": manifest["apiVersion"],
        "kind": manifest["kind"],
        "metadata": {"name": ref.name, "namespace": ref.namespace},
        "spec": manifest["spec"],
    }


def command_for(ref: Ref, where: Where) -> str:
    """The command that applies the file to the same cluster."""
    words = ["kubectl"]
    words += [f"--kubeconfig={where.kubeconfig}"] if where.kubeconfig else []
    words += [f"--context={where.context}"] if where.context else []
    return shlex.join([*words, "apply", "--server-side", f"--filename={file_name(ref)}"])
