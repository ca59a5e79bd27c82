"""All that is known of the cluster: our objects, and of Kubernetes' own what ours refer to.

Rules of this file:
1. State changes here without awaiting, and on one thread.
2. News is what changes a compilation: another spec, other data, a label of an
   object that is not ours.  A status or a resourceVersion alone is none, and
   the same `Parsed` stays.
3. Several streams tell of the same objects; what is older than what is known
   is not believed, whoever tells it.
4. Nothing is kept of a Secret, ConfigMap or Service that none of our objects
   names.  What is named and not known is `missing`, for somebody to fetch.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from postern_core.parse import OUR_KINDS, Parsed, parse_manifest
from postern_core.ref import Ref
from postern_operator.cluster.api.reader import version_of

from .references import references_of, service_of_slice

Manifest = Mapping[str, Any]

REFERRED_KINDS = frozenset({"Secret", "ConfigMap", "core/Service"})


@dataclass(frozen=True, slots=True)
class CachedObject:
    """An object as it was last told; `status` is what it says itself, where it is ours."""

    parsed: Parsed
    uid: str
    version: int
    generation: int
    status: Manifest
    references: frozenset[Ref] = frozenset()


class ObjectCache:
    """The objects by Ref; `news` of what is to be compiled."""

    def __init__(self) -> None:
        self._known: dict[Ref, CachedObject] = {}
        self._gone: dict[Ref, int] = {}
        self._referred: Counter[Ref] = Counter()
        self._missing: dict[Ref, None] = {}
        self._slices: dict[Ref, set[Ref]] = {}
        self._news = asyncio.Event()
        self.has_missing = asyncio.Event()

    def put(self, manifest: Manifest) -> bool:
        """Take an object as it is now; gives whether that is news."""
        metadata = manifest["metadata"]
        known = self._known.get(_ref_of(manifest))
        version, uid = version_of(str(metadata.get("resourceVersion", ""))), str(metadata.get("uid", ""))
        generation = int(metadata.get("generation") or 0)
        is_ours = known is not None and known.parsed.ref.kind in OUR_KINDS
        if known is not None and is_ours and known.uid == uid and known.generation == generation > 0:
            parsed = known.parsed
        else:
            parsed = parse_manifest(manifest)
            if known is not None and known.uid == uid and _is_same_to_compile(parsed, known.parsed):
                parsed = known.parsed
        return self._keep(CachedObject(parsed, uid, version, generation, manifest.get("status") or {}))

    def remove(self, ref: Ref, version: int) -> bool:
        """Take it that an object is gone as of a version; gives whether that is news."""
        if ref.kind not in REFERRED_KINDS or self.is_referred(ref):
            self._gone[ref] = max(version, self._gone.get(ref, 0))
        known = self._known.get(ref)
        if known is None or known.version > version > 0:
            return False
        self._forget(ref)
        self._refer(known.references, frozenset())
        self._news.set()
        return True

    def replace(self, kind: str, namespace: str, present: Iterable[Ref], version: int) -> None:
        """Take it that of a kind, in a namespace ("" is all), nothing else was there as of a version."""
        among = set(present)
        for ref, known in list(self._known.items()):
            is_meant = ref.kind == kind and namespace in ("", ref.namespace)
            if is_meant and ref not in among and (known.version <= version or not version):
                self.remove(ref, version)
        self._gone = {ref: gone for ref, gone in self._gone.items() if ref.kind != kind or gone > version}

    def is_referred(self, ref: Ref) -> bool:
        """Whether one of our objects names this one."""
        return self._referred[ref] > 0

    def missing(self) -> tuple[Ref, ...]:
        """What is named and not known, once; whether it exists is to be found out."""
        self.has_missing.clear()
        missing, self._missing = tuple(self._missing), {}
        return tuple(ref for ref in missing if self.is_referred(ref) and ref not in self._known)

    def get(self, ref: Ref) -> CachedObject | None:
        return self._known.get(ref)

    def snapshot(self) -> tuple[Parsed, ...]:
        """All that there is to compile; what has been told so far is no news any more."""
        self._news.clear()
        return tuple(known.parsed for known in self._known.values())

    def all(self) -> dict[Ref, CachedObject]:
        """What is known at this moment, as a copy."""
        return dict(self._known)

    def mark_dirty(self) -> None:
        """Let it count as news that something beside the objects has changed."""
        self._news.set()

    async def wait_changed(self) -> None:
        """Wait until something has changed since it was taken, or since this was last waited for."""
        await self._news.wait()
        self._news.clear()

    def _keep(self, seen: CachedObject) -> bool:
        ref = seen.parsed.ref
        known = self._known.get(ref)
        if seen.version and seen.version <= max(known.version if known else 0, self._gone.get(ref, 0)):
            return False
        if not self._is_wanted(seen.parsed):
            return False
        is_news = known is None or known.parsed is not seen.parsed
        before = known.references if known else frozenset()
        after = references_of(seen.parsed) if is_news else before
        self._known[ref] = replace(seen, references=after)
        if is_news:
            self._refer(before, after)
            self._news.set()
        return is_news

    def _is_wanted(self, parsed: Parsed) -> bool:
        """Whether it may be kept; a slice is noted with its Service, to be forgotten with it."""
        if parsed.ref.kind == "EndpointSlice" and parsed.resource is not None:
            service = service_of_slice(parsed.ref.namespace, parsed.resource.metadata.labels)
            if self.is_referred(service):
                self._slices.setdefault(service, set()).add(parsed.ref)
            return self.is_referred(service)
        return parsed.ref.kind not in REFERRED_KINDS or self.is_referred(parsed.ref)

    def _forget(self, ref: Ref) -> None:
        """Forget an object; of a Service that nobody names any more, its slices too."""
        self._known.pop(ref, None)
        self._missing.pop(ref, None)
        if not self.is_referred(ref):
            for of_service in self._slices.pop(ref, ()):
                self._known.pop(of_service, None)

    def _refer(self, before: frozenset[Ref], after: frozenset[Ref]) -> None:
        """Note what an object names now, forget what nobody names any more."""
        for ref in after - before:
            self._referred[ref] += 1
            if self._referred[ref] == 1 and ref not in self._known:
                self._missing[ref] = None
                self.has_missing.set()
        for ref in before - after:
            self._referred[ref] -= 1
            if self._referred[ref] <= 0:
                del self._referred[ref]
                self._forget(ref)


def _ref_of(manifest: Manifest) -> Ref:
    metadata = manifest["metadata"]
    kind = "core/Service" if (manifest["apiVersion"], manifest["kind"]) == ("v1", "Service") else manifest["kind"]
    return Ref(kind, metadata.get("namespace") or "default", metadata["name"])


def _is_same_to_compile(one: Parsed, other: Parsed) -> bool:
    """Whether an object says the same as before; resourceVersions are in no parsed object."""
    return one.resource is not None and one == other
