"""The table in force: one reference, swapped whole, so that a request sees either the old one or the new."""

from __future__ import annotations

from postern_dataplane.decision.authenticate import Verifications
from postern_dataplane.decision.verification_cache import NullCache, VerificationCache
from postern_dataplane.table.routing_table import RoutingTable


class ActiveTable:
    """What requests are decided by: the table, None until the first snapshot is loaded, and what its tokens came to.

    `verification_cache` belongs to that table: each swap starts an empty one, or none that keeps anything.

    `loaded_at` is in seconds since the epoch, 0 without a table.
    """

    __slots__ = ("_make_cache", "loaded_at", "table", "verification_cache")

    def __init__(self, *, remembers_tokens: bool = True) -> None:
        self._make_cache: type[Verifications] = VerificationCache if remembers_tokens else NullCache
        self.table: RoutingTable | None = None
        self.verification_cache = self._make_cache()
        self.loaded_at = 0.0

    def swap(self, table: RoutingTable, now_s: float) -> None:
        """Put a table into force."""
        self.table = table
        self.verification_cache = self._make_cache()
        self.loaded_at = now_s

    @property
    def digest(self) -> str:
        """Which snapshot is served, "" for none."""
        return self.table.digest if self.table else ""
