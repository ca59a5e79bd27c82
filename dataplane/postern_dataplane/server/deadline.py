"""The time-out of a client connection: one at a time, and only this module sets when it is over."""

from __future__ import annotations

from postern_core.snapshot import Backend
from postern_dataplane.settings import Limits

NEVER = float("inf")


class Soonest:
    """A time before which no time-out of a worker's connections is over, so that no sweep need look at them.

    A time-out that is put off does not move it; the sweep at that time finds the next.
    """

    __slots__ = ("at",)

    def __init__(self) -> None:
        self.at = NEVER


class Deadline:
    """When the present time-out is over, in the event loop's time; each method replaces the one before."""

    __slots__ = ("_limits", "_soonest", "at")

    def __init__(self, limits: Limits, soonest: Soonest) -> None:
        self._limits = limits
        self._soonest = soonest
        self.at = NEVER

    def _set(self, at: float) -> None:
        self.at = at
        if at < self._soonest.at:  # noqa: PLR1730 # `min` is a call
            self._soonest.at = at

    def clear(self) -> None:
        """Set none: what is waited for has a time-out of its own."""
        self.at = NEVER

    def wait_for_head(self, began_at: float) -> None:
        """A head has its time from its first byte on, however slowly it goes on."""
        self._set(began_at + self._limits.header_timeout_s)

    def wait_for_request(self, now: float) -> None:
        """The time that a connection stays open between two requests."""
        # As `_set`, written out: each request comes here, and to the next below.
        self.at = at = now + self._limits.idle_timeout_s
        if at < self._soonest.at:  # noqa: PLR1730 # `min` is a call
            self._soonest.at = at

    def wait_for_client(self, now: float) -> None:
        """The time in which a client has to take what was written."""
        self._set(now + self._limits.idle_timeout_s)

    def wait_for_response(self, backend: Backend, now: float) -> None:
        """The time that an application has for the head of its response."""
        self.at = at = now + backend.request_timeout_ms / 1000
        if at < self._soonest.at:  # noqa: PLR1730 # `min` is a call
            self._soonest.at = at

    def wait_for_bytes(self, backend: Backend, now: float) -> None:
        """The time until the next bytes of a body or a tunnel."""
        self._set(now + backend.idle_timeout_ms / 1000)

    def wait_for_body(
        self, backend: Backend, now: float, *, began_at: float, since: float | None, size_bytes: int
    ) -> None:
        """The time until the next bytes of a request, of which so many have come at the least rate since a time."""
        self.wait_for_bytes(backend, now)
        rate = self._limits.min_body_rate
        if rate and since is not None:
            self._set(min(self.at, since + backend.idle_timeout_ms / 1000 + size_bytes / rate))
        if self._limits.upload_timeout_s:
            self._set(min(self.at, began_at + self._limits.upload_timeout_s))

    def linger(self, seconds: float, now: float) -> None:
        """The time for which a connection that has had its last response is still read."""
        self._set(now + seconds)

    def elapse(self, now: float) -> None:
        """Let the next sweep find the time-out over."""
        self._set(now)
