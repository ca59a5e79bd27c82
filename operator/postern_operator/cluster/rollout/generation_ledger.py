"""Whether the data plane serves an object as it is now: by which generations went into which snapshot.

Pure.  What pods serve is asked in `data_plane_pods`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from postern_core.conditions import Programming
from postern_core.parse import Parsed
from postern_core.ref import Ref

# Pods that are further behind than this are pending for every object that has changed since, and for no other.
REMEMBERED = 16


class GenerationLedger:
    """The generations that were compiled into the latest snapshots of one gateway, and what its pods serve."""

    def __init__(self) -> None:
        self._generations: dict[str, dict[Ref, int]] = {}
        self._served: frozenset[str | None] = frozenset()

    def compiled(self, digest: str, objects: Iterable[Parsed]) -> None:
        """Note what a snapshot was compiled from; an equal one contains newer objects as well as older ones."""
        self._generations.pop(digest, None)
        self._generations[digest] = {parsed.ref: parsed.generation for parsed in objects}
        while len(self._generations) > REMEMBERED:
            # A digest that is still served is worth more than one that is not.
            unserved = (known for known in self._generations if known not in self._served and known != digest)
            del self._generations[next(unserved, next(iter(self._generations)))]

    def serving(self, digests: Collection[str | None]) -> None:
        """Note what every ready pod serves; None is a pod that has not answered."""
        self._served = frozenset(digests)

    def programming_of(self, parsed: Parsed) -> Programming:
        """Whether every ready pod serves this generation of an object, or a later one."""
        if not self._served:
            return Programming.NO_DATA_PLANE
        for digest in self._served:
            known = self._generations.get(digest or "", {})
            if known.get(parsed.ref, -1) < parsed.generation:
                return Programming.PENDING
        return Programming.PROGRAMMED
