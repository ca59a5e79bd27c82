"""The time-out of a client connection: one at a time, and only this module sets when it is over."""

from __future__ import annotations

from postern_core.snapshot import Backend
from postern_dataplane.settings import Limits

NEVER = float("inf")


class Deadline:
    """When the present time-out is over, in the event loop's time; each method replaces the one before."""

    __slots__ = ("_limits", "at")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.at = NEVER

    def clear(self) -> None:
        """Set none: what is waited for has a time-out of its own."""
        self.at = NEVER

    def wait_for_head(self, began_at: float) -> None:
        """A head has its time from its first byte on, however slowly it goes on."""
        self.at = began_at + self._limits.header_timeout_s

    def wait_for_request(self, now: float) -> None:
        """The time that a connection stays open between two requests."""
        self.at = now + self._limits.idle_timeout_s

    def wait_for_client(self, now: float) -> None:
        """The time in which a client has to take what was written."""
        self.at = now + self._limits.idle_timeout_s

    def wait_for_response(self, backend: Backend, now: float) -> None:
        """The time that an application has for the head of its response."""
        self.at = now + backend.request_timeout_ms / 1000

    def wait_for_bytes(self, backend: Backend, now: float) -> None:
        """The time until the next bytes of a body or a tunnel."""
        self.at = now + backend.idle_timeout_ms / 1000

    def wait_for_body(
        self, backend: Backend, now: float, *, began_at: float, since: float | None, size_bytes: int
    ) -> None:
        """The time until the next bytes of a request, of which so many have come at the least rate since a time."""
        self.wait_for_bytes(backend, now)
        rate = self._limits.min_body_rate
        if rate and since is not None:
            self.at = min(self.at, since + backend.idle_timeout_ms / 1000 + size_bytes / rate)
        if self._limits.upload_timeout_s:
            self.at = min(self.at, began_at + self._limits.upload_timeout_s)

    def linger(self, seconds: float, now: float) -> None:
        """The time for which a connection that has had its last response is still read."""
        self.at = now + seconds

    def elapse(self, now: float) -> None:
        """Let the next sweep find the time-out over."""
        self.at = now
