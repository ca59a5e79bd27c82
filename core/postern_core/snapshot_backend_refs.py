"""The part of a route that splits its requests over several backends."""

from __future__ import annotations

from .snapshot_entry import Entry


class BackendRef(Entry, frozen=True):
    """A backend with its share of the requests: `weight` of the sum of all weights, none with 0.

    With a `refusal`, a reason for people, its share is answered 503, whatever becomes of the Backend of the id.
    """

    backend: str
    weight: int = 1
    refusal: str = ""
