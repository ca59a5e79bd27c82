"""The objects of a cluster as they were listed last: what has not changed since is not parsed again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from postern_cli.cluster.overview import OUTDATED, UNSEEN, state_of
from postern_cli.diagnostics import Diagnostic, ObjectName
from postern_core.kinds import KINDS
from postern_core.parse import Parsed, parse_manifest
from postern_core.ref import Ref

# What the API server and its clients keep for themselves, and what is no part of what a user writes.
OWN_METADATA = ("name", "namespace", "labels", "annotations")


@dataclass(frozen=True, slots=True)
class HeldObject:
    """One object; `version` changes with each change, and `said` is what the operator has written into its status."""

    version: tuple[str, str]
    parsed: Parsed
    content: bytes
    said: tuple[Diagnostic, ...]

    @property
    def manifest(self) -> dict[str, Any]:
        """All that the API server has of it."""
        return msgspec.json.decode(self.content, type=dict[str, Any])


HeldObjects = Mapping[Ref, HeldObject]


def held_of(manifests: Iterable[Mapping[str, Any]], before: HeldObjects) -> dict[Ref, HeldObject]:
    """The objects of a list, with those that are as they were before."""
    held: dict[Ref, HeldObject] = {}
    for manifest in manifests:
        metadata = manifest["metadata"]
        ref = Ref(manifest["kind"], metadata.get("namespace", ""), metadata["name"])
        version = (metadata.get("uid", ""), metadata.get("resourceVersion", ""))
        known = before.get(ref)
        held[ref] = known if known is not None and known.version == version else _held(manifest, version)
    return held


def are_same(one: HeldObjects, other: HeldObjects) -> bool:
    """Whether nothing has changed between two lists."""
    return one.keys() == other.keys() and all(other[ref].version == held.version for ref, held in one.items())


def written_part(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What a user writes of an object, as a file would have it."""
    metadata = {name: manifest["metadata"][name] for name in OWN_METADATA if manifest["metadata"].get(name)}
    annotations = {name: text for name, text in metadata.get("annotations", {}).items() if not _is_a_copy(name)}
    metadata.pop("annotations", None)
    return {
        "apiVersion": manifest["apiVersion"],
        "kind": manifest["kind"],
        "metadata": metadata | ({"annotations": annotations} if annotations else {}),
        "spec": manifest.get("spec") or {},
    }


def _is_a_copy(annotation: str) -> bool:
    return annotation == "kubectl.kubernetes.io/last-applied-configuration"


def _held(manifest: Mapping[str, Any], version: tuple[str, str]) -> HeldObject:
    said = _said(manifest) if manifest["kind"] in KINDS else ()
    return HeldObject(version, parse_manifest(manifest), msgspec.json.encode(manifest), said)


def _said(manifest: Mapping[str, Any]) -> tuple[Diagnostic, ...]:
    """What the operator says is wrong with an object; that it has not looked at it yet is a warning."""
    state = state_of(manifest)
    name = ObjectName(state.kind, state.namespace, state.name)
    return tuple(
        Diagnostic("warning", text, "", object=name)
        if text in (UNSEEN, OUTDATED)
        else Diagnostic("error", f"the operator says: {text}", "", object=name)
        for text in state.trouble
    )
