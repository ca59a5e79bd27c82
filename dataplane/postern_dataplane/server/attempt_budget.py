"""The attempts of one exchange whose route says when a request is sent again, or how long it may take."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from postern_dataplane.table.attempts import CompiledAttempts
from postern_dataplane.upstream.retry import IDEMPOTENT, Resendable


class AttemptBudget:
    """Counts what is sent again, and ends what takes too long; of most exchanges there is none."""

    __slots__ = ("_attempt_timer", "_left", "_loop", "_request_timer", "_settings", "is_again")

    def __init__(self, settings: CompiledAttempts, loop: asyncio.AbstractEventLoop) -> None:
        self._settings = settings
        self._loop = loop
        self._left = settings.retries
        self._request_timer: asyncio.TimerHandle | None = None
        self._attempt_timer: asyncio.TimerHandle | None = None
        # Whether the response that has just come is not the client's.
        self.is_again = False

    @property
    def keeps_body(self) -> bool:
        """Whether what is sent of a body may be needed once more."""
        return self._left > 0

    def begin(self, is_over: Callable[[], None]) -> None:
        """Begin the time of the whole exchange."""
        if self._settings.request_s is not None:
            self._request_timer = self._loop.call_later(self._settings.request_s, is_over)

    def begin_attempt(self, is_over: Callable[[], None]) -> None:
        """Begin the time of one attempt."""
        if self._settings.attempt_s is not None:
            self.end_attempt()
            self._attempt_timer = self._loop.call_later(self._settings.attempt_s, is_over)

    def end_attempt(self) -> None:
        """End the time of the attempt: it has failed, and another one begins with a connection."""
        if self._attempt_timer is not None:
            self._attempt_timer.cancel()
            self._attempt_timer = None

    def end(self) -> None:
        """End all times."""
        self.end_attempt()
        if self._request_timer is not None:
            self._request_timer.cancel()
            self._request_timer = None

    def repeats(self, status: int, method: str, body: Resendable | None) -> bool:
        """Whether a request is sent once more in place of a response with this status; counts it, and rewinds."""
        if self._left <= 0 or status not in self._settings.codes or method not in IDEMPOTENT:
            return False
        if body is not None and not body.rewind():
            return False
        self._left -= 1
        return True
