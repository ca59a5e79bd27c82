"""The parts of a route that split its requests over several backends, and that send copies of them to others."""

from __future__ import annotations

from .snapshot_entry import Entry
from .snapshot_filters import BackendFilter


class BackendRef(Entry, frozen=True):
    """A backend with its share of the requests: `weight` of the sum of all weights, none with 0.

    With a `refusal`, a reason for people, its share is answered 503, whatever becomes of the Backend of the id.
    `filters`, of each type one at most, are applied to its share after those of the route.
    """

    backend: str
    weight: int = 1
    refusal: str = ""
    filters: tuple[BackendFilter, ...] = ()


class MirrorRef(Entry, frozen=True):
    """A backend that gets a copy of so many requests: `numerator` of each `denominator`.

    One with a refusal, or without endpoints, gets none.
    """

    backend: str
    numerator: int = 100
    denominator: int = 100
