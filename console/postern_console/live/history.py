"""How much there was in the last minutes: the counts of pods, looked at again and again, as rates. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from .counts import Counts, added

# A plot shows as much; older moments are forgotten.
SPAN_S = 300.0
MOMENTS_MAX = 300


@dataclass(frozen=True, slots=True)
class Moment:
    """The rates, a second, between the look before and the one at this time."""

    at_s: float
    rates: Counts


class History:
    """Remembers a bounded number of moments."""

    def __init__(self) -> None:
        self.moments: deque[Moment] = deque(maxlen=MOMENTS_MAX)
        self._last: tuple[float, Mapping[str, Counts]] | None = None

    def add(self, at_s: float, counts: Mapping[str, Counts]) -> None:
        """Note what pods have counted; one that was not there before, or has started anew, counts from its next."""
        if self._last is not None:
            span_s = at_s - self._last[0]
            if span_s <= 0:
                return
            before = self._last[1]
            rates = [_rates(before[name], now, span_s) for name, now in counts.items() if name in before]
            self.moments.append(Moment(at_s, added(rates)))
        self._last = (at_s, dict(counts))
        while self.moments and self.moments[0].at_s < at_s - SPAN_S:
            self.moments.popleft()


def _rates(before: Counts, now: Counts, span_s: float) -> Counts:
    return Counts(_each(before.requests, now.requests, span_s), _each(before.denials, now.denials, span_s))


def _each(before: Mapping[str, float], now: Mapping[str, float], span_s: float) -> dict[str, float]:
    # A counter that went down belongs to another process than before.
    return {name: max(0.0, value - before.get(name, 0.0)) / span_s for name, value in now.items()}
