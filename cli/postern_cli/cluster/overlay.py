"""Manifests laid over what a cluster has, as if they had been applied.

Pure.  An object that is there already keeps its age and uid, by which hosts and
keys belong to whom; one that is new is the youngest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from postern_core.parse import Parsed


def laid_over(present: Sequence[Parsed], over: Sequence[Parsed]) -> tuple[Parsed, ...]:
    """All objects, those of `over` in the place of what has their names."""
    known = {parsed.ref: parsed for parsed in present}
    replaced = {parsed.ref for parsed in over if parsed.ref.name}
    kept = [parsed for parsed in present if parsed.ref not in replaced]
    return (*kept, *(_applied(parsed, known.get(parsed.ref)) for parsed in over))


def _applied(parsed: Parsed, before: Parsed | None) -> Parsed:
    """A manifest as it is once it has been applied over an object."""
    if before is None or before.resource is None:
        return parsed
    there = before.resource.metadata
    if parsed.resource is not None:
        changes = {"uid": there.uid, "creation_timestamp": there.creation_timestamp}
        metadata = msgspec.structs.replace(parsed.resource.metadata, **changes)
        return replace(parsed, resource=msgspec.structs.replace(parsed.resource, metadata=metadata))
    manifest = dict(parsed.manifest or {})
    if isinstance(manifest.get("metadata"), dict):
        manifest["metadata"] = {**manifest["metadata"], "creationTimestamp": there.creation_timestamp}
    return replace(parsed, manifest=manifest)
