"""All that is known of the cluster: our objects, and of Kubernetes' own those that ours reference.

Rules of this file:
1. State changes here without awaiting, and on one thread.
2. A change is what alters a compilation: another spec, other data, a label of an
   object that is not ours.  A status or a resourceVersion alone is none, and
   the same `Parsed` stays.
3. Several watches deliver the same objects; a version older than the known one
   is dropped, until the API server itself is at an older one.
4. Nothing is kept of a Secret, ConfigMap or Service that none of our objects, and no Ingress of a class of ours,
   references.  What is referenced and not known is `missing`, to be fetched.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from postern_core.kinds import KINDS, ref_kind
from postern_core.parse import Parsed, is_a, parse_manifest
from postern_core.ref import Ref
from postern_core.resources.kubernetes import EndpointSlice
from postern_operator.cluster.api.reader import version_of
from postern_operator.cluster.api.writer import FIELD_MANAGER

from .references import references_of, service_of_slice

Manifest = Mapping[str, Any]

REFERENCED_KINDS = frozenset({"Secret", "ConfigMap", "core/Service"})


@dataclass(frozen=True, slots=True)
class CachedObject:
    """An object as it was last delivered; `status` is its own, and `has_our_status` says that the operator wrote it."""

    parsed: Parsed
    uid: str
    version: int
    generation: int
    status: Manifest
    references: frozenset[Ref] = frozenset()
    has_our_status: bool = False


class ObjectCache:
    """The objects by Ref; an `ObjectSource`."""

    def __init__(self) -> None:
        self._known: dict[Ref, CachedObject] = {}
        self._removed: dict[Ref, int] = {}
        self._reference_counts: Counter[Ref] = Counter()
        self._missing: dict[Ref, None] = {}
        self._unfetched: set[Ref] = set()
        self._slices: dict[Ref, set[Ref]] = {}
        self._classes: dict[str, Parsed] = {}
        self._changed = asyncio.Event()
        self.has_missing = asyncio.Event()

    def put(self, manifest: Manifest) -> bool:
        """Keep an object as it is now, where it is wanted; returns whether that is a change."""
        metadata = manifest["metadata"]
        known = self._known.get(_ref_of(manifest))
        version, uid = version_of(str(metadata.get("resourceVersion", ""))), str(metadata.get("uid", ""))
        generation = int(metadata.get("generation") or 0)
        is_ours = known is not None and known.parsed.ref.kind in KINDS
        if known is not None and is_ours and known.uid == uid and known.generation == generation > 0:
            parsed = known.parsed
        else:
            parsed = parse_manifest(manifest)
            if known is not None and known.uid == uid and _is_same_to_compile(parsed, known.parsed):
                parsed = known.parsed
        status, has_our_status = manifest.get("status") or {}, parsed.ref.kind == "Ingress" and _is_of_ours(metadata)
        return self._keep(CachedObject(parsed, uid, version, generation, status, has_our_status=has_our_status))

    def remove(self, ref: Ref, version: int) -> bool:
        """Remove an object that is gone as of a version; returns whether that is a change."""
        if ref.kind not in REFERENCED_KINDS or self.is_referenced(ref):
            self._removed[ref] = max(version, self._removed.get(ref, 0))
        known = self._known.get(ref)
        if known is None or known.version > version > 0:
            return False
        self._evict(ref)
        self._update_references(known.references, frozenset())
        self._note_class(ref, None)
        self._changed.set()
        return True

    def discard(self, ref: Ref, version: int) -> bool:
        """Remove an object that is there and has stopped being wanted; returns whether that is a change."""
        return ref in self._known and self.remove(ref, version)

    def replace(self, kind: str, namespace: str, present: Iterable[Ref], version: int) -> None:
        """Remove what a complete list of a kind, in a namespace ("" is all), no longer has as of a version."""
        among = set(present)
        for ref, known in list(self._known.items()):
            is_meant = ref.kind == kind and namespace in ("", ref.namespace)
            if is_meant and ref not in among and (known.version <= version or not version):
                self.remove(ref, version)
        self._removed = {ref: gone for ref, gone in self._removed.items() if ref.kind != kind or gone > version}

    def forget_versions(self) -> None:
        """Accept whatever comes next as newer: the API server's state was restored, and its versions went back.

        A generation goes back as well, so that an edit may have that of another spec.
        """
        self._removed.clear()
        for ref, known in self._known.items():
            self._known[ref] = replace(known, version=0, generation=0)

    def is_referenced(self, ref: Ref) -> bool:
        """Whether one of our objects references this one."""
        return self._reference_counts[ref] > 0

    def missing(self) -> tuple[Ref, ...]:
        """Return what is referenced and not known, each once; it may not exist."""
        self.has_missing.clear()
        missing, self._missing = tuple(self._missing), {}
        return tuple(ref for ref in missing if self.is_referenced(ref) and ref not in self._known)

    def fetched(self, ref: Ref) -> None:
        """Note that the API server has answered for a missing object, which may not exist."""
        self._unfetched.discard(ref)
        if not self._unfetched:
            self._changed.set()

    def is_unfetched(self, namespace: str) -> bool:
        """Whether something is referenced in a namespace (or "", any) of which it isn't known yet what it is."""
        return any(namespace in ("", ref.namespace) for ref in self._unfetched)

    def get(self, ref: Ref) -> CachedObject | None:
        return self._known.get(ref)

    def snapshot(self) -> tuple[Parsed, ...]:
        """Return all objects to compile; the changes so far count as seen."""
        self._changed.clear()
        return tuple(known.parsed for known in self._known.values())

    def all(self) -> dict[Ref, CachedObject]:
        """Return a copy of all that is known."""
        return dict(self._known)

    def mark_dirty(self) -> None:
        """Request a rebuild although no object has changed."""
        self._changed.set()

    async def wait_changed(self) -> None:
        """Wait for a change since the last `snapshot`, or since this returned last."""
        await self._changed.wait()
        self._changed.clear()

    def _keep(self, cached: CachedObject) -> bool:
        ref = cached.parsed.ref
        known = self._known.get(ref)
        if cached.version and cached.version <= max(known.version if known else 0, self._removed.get(ref, 0)):
            return False
        if not self._is_wanted(cached.parsed):
            # A slice that has been given to another Service.
            return known is not None and self.remove(ref, cached.version)
        is_changed = known is None or known.parsed is not cached.parsed
        before = known.references if known else frozenset()
        after = references_of(cached.parsed, self._classes) if is_changed else before
        self._set(ref, replace(cached, references=after))
        if is_changed:
            self._update_references(before, after)
            self._note_class(ref, cached.parsed)
            self._changed.set()
        return is_changed

    def _is_wanted(self, parsed: Parsed) -> bool:
        service = _service_of(parsed)
        if service is not None:
            return self.is_referenced(service)
        return parsed.ref.kind not in REFERENCED_KINDS or self.is_referenced(parsed.ref)

    def _set(self, ref: Ref, cached: CachedObject | None) -> None:
        """Keep or drop an object; a slice is noted with the Service that it belongs to now, to be evicted with it."""
        known = self._known.pop(ref, None)
        if known is not None and (service := _service_of(known.parsed)) is not None:
            self._slices.get(service, set()).discard(ref)
        if cached is not None:
            self._known[ref] = cached
            self._unfetched.discard(ref)
            if (service := _service_of(cached.parsed)) is not None:
                self._slices.setdefault(service, set()).add(ref)

    def _evict(self, ref: Ref) -> None:
        """Drop an object; of a Service that is no longer referenced, its slices too."""
        self._set(ref, None)
        self._missing.pop(ref, None)
        if not self.is_referenced(ref):
            self._unfetched.discard(ref)
            for of_service in self._slices.pop(ref, ()):
                self._known.pop(of_service, None)

    def _note_class(self, ref: Ref, parsed: Parsed | None) -> None:
        """Note an IngressClass as it is now: other Ingresses may be ours from now on, and what they reference."""
        if ref.kind != "IngressClass":
            return
        self._classes.pop(ref.name, None)
        if parsed is not None:
            self._classes[ref.name] = parsed
        for known in [it for it in self._known.values() if it.parsed.ref.kind == "Ingress"]:
            after = references_of(known.parsed, self._classes)
            if after != known.references:
                self._known[known.parsed.ref] = replace(known, references=after)
                self._update_references(known.references, after)

    def _update_references(self, before: frozenset[Ref], after: frozenset[Ref]) -> None:
        """Count what an object references now, evict what is no longer referenced."""
        for ref in after - before:
            self._reference_counts[ref] += 1
            if self._reference_counts[ref] == 1 and ref not in self._known:
                self._missing[ref] = None
                self._unfetched.add(ref)
                self.has_missing.set()
        for ref in before - after:
            self._reference_counts[ref] -= 1
            if self._reference_counts[ref] <= 0:
                del self._reference_counts[ref]
                self._evict(ref)


def _ref_of(manifest: Manifest) -> Ref:
    metadata = manifest["metadata"]
    kind = ref_kind(manifest["apiVersion"], manifest["kind"])
    return Ref(kind, metadata.get("namespace") or "default", metadata["name"])


def _is_of_ours(metadata: Manifest) -> bool:
    """Whether the address in the status of an Ingress is one that the operator has written."""
    own = (it for it in metadata.get("managedFields") or () if it.get("manager") == FIELD_MANAGER)
    return any("f:loadBalancer" in ((it.get("fieldsV1") or {}).get("f:status") or {}) for it in own)


def _service_of(parsed: Parsed) -> Ref | None:
    """Return the Service that a slice belongs to, None of another kind."""
    if is_a(parsed, EndpointSlice):
        return service_of_slice(parsed.ref.namespace, parsed.resource.metadata.labels)
    return None


def _is_same_to_compile(one: Parsed, other: Parsed) -> bool:
    """Whether an object says the same as before; resourceVersions are in no parsed object."""
    return one.resource is not None and one == other
