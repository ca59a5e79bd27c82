"""Why a connection is not read at the moment: it is read again once every reason has gone."""

from __future__ import annotations

import asyncio


class Pauses:
    """The reasons not to read a transport, by names of their own."""

    __slots__ = ("_reasons", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._reasons: set[str] = set()

    def __contains__(self, why: str) -> bool:
        return why in self._reasons

    def add(self, why: str) -> None:
        """Read no more until this reason, too, has gone."""
        if not self._reasons and not self._transport.is_closing():
            self._transport.pause_reading()
        self._reasons.add(why)

    def remove(self, why: str) -> None:
        """Withdraw one reason, if it is there."""
        if why in self._reasons:
            self._reasons.discard(why)
            if not self._reasons:
                self._resume()

    def keep(self, why: str) -> None:
        """Withdraw all reasons but this one, which is added if it isn't there."""
        self.add(why)
        self._reasons = {why}

    def clear(self) -> None:
        """Withdraw all reasons."""
        if self._reasons:
            self._reasons.clear()
            self._resume()

    def _resume(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()
