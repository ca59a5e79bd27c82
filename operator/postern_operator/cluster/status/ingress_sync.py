"""Finds what is to be written of Ingresses: addresses into their statuses, and Events about what is wrong with them.

Rules of this file:
1. An Ingress of ours that has an entry in a gateway's snapshot has the addresses of that gateway's Service.
2. The address of any other Ingress is taken back where the operator has written it, and else left alone.
3. An Ingress has no conditions, so those that it would have are kept here, and decide about its Events; a warning,
   which would be in the message of one, is an Event too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from postern_core.conditions import Condition, Programming, conditions_of
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_core.snapshot import Snapshot
from postern_operator.cluster.watch.object_cache import CachedObject

from .desired_status import StatusChange
from .event_rules import WARNED, EventDraft, EventRules

# Of a gateway, as they stand in a status.
Addresses = Callable[[str], list[dict[str, str]]]


def no_addresses(_: str) -> list[dict[str, str]]:
    """Return the addresses of a gateway without a Service."""
    return []


class IngressSync:
    """Compares the Ingresses of a cluster with what gateways serve of them; `rules` are those of all Events."""

    def __init__(self, rules: EventRules, addresses: Addresses = no_addresses) -> None:
        self._rules = rules
        self._addresses = addresses

    def change(self, cached: CachedObject, gateways: Iterable[str]) -> StatusChange | None:
        """Return the status that an Ingress of these gateways should have, None where it has it."""
        ref, wanted = cached.parsed.ref, [it for gateway in gateways for it in self._addresses(gateway)]
        present = (cached.status.get("loadBalancer") or {}).get("ingress") or []
        if wanted and wanted != present:
            return StatusChange(ref, cached.uid, {"loadBalancer": {"ingress": wanted}}, is_trouble=False)
        if not wanted and present and cached.has_our_status:
            return StatusChange(ref, cached.uid, {}, is_trouble=False)
        return None

    def events(
        self, cached: CachedObject, own: tuple[Problem, ...], programming: Programming, why: str
    ) -> tuple[EventDraft, ...]:
        """Return the Events that are due about an Ingress with these problems."""
        ref = cached.parsed.ref
        is_published = programming is not Programming.NOT_PUBLISHED
        if is_published and not own and not self._rules.is_troubled(ref, cached.uid):
            return ()
        conditions = (*conditions_of(ref, own, programming, why), *_warned(own))
        return self._rules.drafts(ref, cached.uid, {}, conditions)


def _warned(own: Iterable[Problem]) -> Iterator[Condition]:
    """What a kind of ours has in the message of `Accepted`; what ends by itself is left out."""
    words = "; ".join(f"{it.field}: {it.message}" if it.field else it.message for it in own if _is_warning(it))
    if words:
        yield Condition(WARNED, "False", Reason.WARNING.text, words)


def _is_warning(problem: Problem) -> bool:
    return problem.reason is Reason.WARNING


def ingresses_in(snapshot: Snapshot) -> frozenset[str]:
    """Return the ids of the Ingresses of which there are entries."""
    return frozenset(route.service for route in snapshot.routes if route.service.startswith("Ingress/"))


def is_among(ref: Ref, ids: frozenset[str]) -> bool:
    """Whether ids of entries hold one of an object: those of an Ingress say more than its own."""
    return ref.id in ids or (ref.kind == "Ingress" and ref.id in _ingresses_of(ids))


# Of a few gateways, as each of thousands of Ingresses asks about the same ids.
@lru_cache(maxsize=8)
def _ingresses_of(ids: frozenset[str]) -> frozenset[str]:
    return frozenset("/".join(it.split("/", 3)[:3]) for it in ids if it.startswith("Ingress/"))
