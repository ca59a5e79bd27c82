"""The parts of a route that say how long a request may take, and when it is sent once more."""

from __future__ import annotations

from .snapshot_entry import Entry


class Retry(Entry, frozen=True):
    """Which statuses of a response are not the client's answer while attempts are left: so many after the first."""

    codes: tuple[int, ...]
    attempts: int = 1


class Timeouts(Entry, frozen=True):
    """How long a whole exchange may take, with all of its attempts, and how long one of these; None is without end."""

    request_ms: int | None = None
    attempt_ms: int | None = None
