"""The `clients` of a route, ready to answer: networks as ranges of numbers, made when the table is."""

from __future__ import annotations

from functools import lru_cache

from postern_core.networks import hold, merged
from postern_core.snapshot_callers import Clients


class CompiledClients:
    """From which addresses a route takes requests; for equal entries it is the same object."""

    __slots__ = ("_allowed", "_denied", "is_peer")

    def __init__(self, entry: Clients) -> None:
        self._allowed = merged(entry.allow) if entry.allow else None
        self._denied = merged(entry.deny) if entry.deny else None
        self.is_peer = entry.is_peer

    def admit(self, address: int | None) -> bool:
        """Whether a client may call; `address` is a number of `networks`, None where it is not known, which may not."""
        if address is None or (self._denied is not None and hold(self._denied, address, address)):
            return False
        return self._allowed is None or hold(self._allowed, address, address)


@lru_cache(maxsize=1024)
def compiled_clients(entry: Clients) -> CompiledClients:
    """The one of this entry; most routes share that of their service."""
    return CompiledClients(entry)
