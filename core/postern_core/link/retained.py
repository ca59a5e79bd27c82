"""What was published last of namespaces whose objects can't be read now, carried over as it was.

Rules of this file:
1. A namespace is carried over whole: half of its objects would lack the route,
   the policy or the key that refuses.
2. It keeps the hosts and keys that it was granted, so that they go to no other
   namespace meanwhile; hosts of which nothing was published answer as those
   without a route do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from postern_core.grants import HostGrant
from postern_core.kinds import FRONT_ENDS
from postern_core.parse import Parsed
from postern_core.ref import Ref
from postern_core.snapshot import Snapshot


class Identified(Protocol):
    """An entry of the snapshot, whose id is `Kind/namespace/name`."""

    @property
    def id(self) -> str: ...


EMPTY = Snapshot(gateway="")

E = TypeVar("E", bound=Identified)


@dataclass(frozen=True, slots=True)
class Retained:
    """The namespaces that are carried over, None for all of them, and what was published of these alone.

    `without_policies` are the namespaces whose JWTPolicies can't be read, "" for all: an Ingress there might have one.
    """

    namespaces: frozenset[str] | None = frozenset()
    snapshot: Snapshot = EMPTY
    without_policies: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return self.namespaces is None or bool(self.namespaces or self.without_policies)

    def covers(self, namespace: str) -> bool:
        return self.namespaces is None or namespace in self.namespaces

    def others(self, resources: Iterable[Parsed]) -> tuple[Parsed, ...]:
        """Return what is to be compiled beside: nothing of ours in these namespaces, of which all may not be known.

        Nor an Ingress whose policies are not known: it would be public.
        """
        return tuple(it for it in resources if not self._stands_for(it.ref))

    def _stands_for(self, ref: Ref) -> bool:
        """Whether what was published counts for an object in place of what it says now."""
        if ref.kind == "Ingress" and not self.without_policies.isdisjoint(("", ref.namespace)):
            return True
        return ref.kind in FRONT_ENDS and self.covers(ref.namespace)

    def host_grants(self, held: Mapping[str, HostGrant]) -> dict[str, HostGrant]:
        """Return the grants that these namespaces keep, for nothing of theirs says what they claim."""
        return {host: grant for host, grant in held.items() if self.covers(grant.namespace)} if self else {}


NOTHING = Retained()


def retain(published: Snapshot, namespaces: Collection[str] | None) -> Retained:
    """Carry over what was published of these namespaces, None for all."""
    if namespaces is None:
        return Retained(None, published)
    wanted = frozenset(namespaces)

    def of_these(entries: tuple[E, ...]) -> tuple[E, ...]:
        return tuple(it for it in entries if namespace_of(it) in wanted)

    snapshot = Snapshot(
        gateway=published.gateway,
        routes=of_these(published.routes),
        backends=of_these(published.backends),
        endpoints=of_these(published.endpoints),
        policies=of_these(published.policies),
        consumers=of_these(published.consumers),
        credentials=of_these(published.credentials),
        responses=of_these(published.responses),
        issuers=of_these(published.issuers),
        certificates=of_these(published.certificates),
    )
    return Retained(wanted, snapshot)


def namespace_of(entry: Identified) -> str:
    return entry.id.split("/", 2)[1]
