"""The fetched keys of all issuers as objects to compile, beside those that name them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from postern_core.fetched_keys import fetched_keys
from postern_core.parse import Parsed
from postern_core.ref import Ref

from .fetcher import KeyFetcher, KeyState
from .source import Demand

EXPIRED, STALE = "KeysExpired", "KeysStale"

# Returns what the issuers among the objects ask for.
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
        asked = self._demands_of(objects)
        demands = {issuer.id: demand for issuer, demand in asked.items()}
        await self._fetcher.demand(demands)
        states = self._fetcher.states(demands)
        before, self._last = self._last, {}
        for issuer, demand in asked.items():
            made = _object(issuer, demand, states[issuer.id])
            known = before.get(issuer)
            self._last[issuer] = known if known == made and known is not None else made
        return (*objects, *self._last.values())


def _object(issuer: Ref, demand: Demand, state: KeyState) -> Parsed:
    failure = state.failure
    why = f"{demand.source.url or 'the API server'}: {failure.message}" if failure else ""
    if state.keys is None:
        # Before the first attempt there is nothing to say but that.
        return fetched_keys(issuer, "", failure.reason if failure else "KeysUnavailable", why or "not fetched yet")
    if state.is_expired:
        return fetched_keys(issuer, "", EXPIRED, f"not renewed for longer than maxStale; {why}")
    return fetched_keys(issuer, state.keys.keys, STALE if failure else "", why)
