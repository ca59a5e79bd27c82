"""The fetched keys of all issuers as objects to compile, beside those that name them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from postern_core.fetched_keys import fetched_keys
from postern_core.parse import Parsed
from postern_core.ref import Ref

from .fetcher import KeyFetcher, KeyState
from .source import Demand

# Each may take a connection and a quarter of a megabyte; a namespace has a few identity providers.
SOURCES_MAX = 50
EXPIRED, STALE = "KeysExpired", "KeysStale"

# Returns what the issuers among the objects ask for, the oldest first.
Demands = Callable[[Sequence[Parsed]], Mapping[Ref, Demand]]


class KeyObjects:
    """Has the keys fetched that objects ask for, and returns them as objects; unchanged ones are the same from last."""

    def __init__(self, fetcher: KeyFetcher, demands_of: Demands) -> None:
        self._fetcher = fetcher
        self._demands_of = demands_of
        self._last: dict[Ref, Parsed] = {}

    @property
    def is_needed(self) -> bool:
        """Whether any issuer's keys are fetched."""
        return bool(self._last)

    async def added_to(self, objects: Sequence[Parsed]) -> tuple[Parsed, ...]:
        """Return the objects and the keys that they ask for; keys that were never fetched are an object without any."""
        # Of all objects, which may be very many: nothing that acts may wait for it.
        asked = await asyncio.to_thread(self._demands_of, objects)
        beyond = _beyond_bound(asked)
        demands = {issuer.id: demand for issuer, demand in asked.items() if issuer not in beyond}
        await self._fetcher.demand(demands)
        states = self._fetcher.states(demands)
        before, self._last = self._last, {}
        for issuer, demand in asked.items():
            made = _refused(issuer) if issuer in beyond else _object(issuer, demand, states[issuer.id])
            known = before.get(issuer)
            self._last[issuer] = known if known == made and known is not None else made
        return (*objects, *self._last.values())


def _beyond_bound(asked: Mapping[Ref, Demand]) -> frozenset[Ref]:
    """The issuers whose sources are more than their namespace may have, the youngest."""
    sources: dict[str, set[str]] = {}
    beyond: set[Ref] = set()
    for issuer, demand in asked.items():
        of_namespace = sources.setdefault(issuer.namespace, set())
        if demand.source.id not in of_namespace and len(of_namespace) >= SOURCES_MAX:
            beyond.add(issuer)
        else:
            of_namespace.add(demand.source.id)
    return frozenset(beyond)


def _refused(issuer: Ref) -> Parsed:
    message = f"the issuers of namespace {issuer.namespace} have more than {SOURCES_MAX} sources of keys; use fewer"
    return fetched_keys(issuer, "", "KeysUnavailable", message)


def _object(issuer: Ref, demand: Demand, state: KeyState) -> Parsed:
    failure = state.failure
    why = f"{demand.source.place}: {failure.message}" if failure else ""
    if state.keys is None:
        # Before the first attempt there is nothing to say but that.
        return fetched_keys(issuer, "", failure.reason if failure else "KeysUnavailable", why or "not fetched yet")
    if state.is_expired:
        message = f"not renewed for longer than maxStale; {why}"
        # Which tokens are refused must be known as long as they are.
        return fetched_keys(issuer, "", EXPIRED, message, named=state.keys.issuer)
    return fetched_keys(issuer, state.keys.keys, STALE if failure else "", why, named=state.keys.issuer)
