"""The table in force: one reference, swapped whole, so that a request sees either the old one or the new."""

from __future__ import annotations

from postern_dataplane.table.routing_table import RoutingTable


class ActiveTable:
    """What requests are decided by; None until the first snapshot is loaded.

    `loaded_at` is in seconds since the epoch, 0 without a table.
    """

    __slots__ = ("loaded_at", "table")

    def __init__(self) -> None:
        self.table: RoutingTable | None = None
        self.loaded_at = 0.0

    def swap(self, table: RoutingTable, now_s: float) -> None:
        """Put a table into force."""
        self.table = table
        self.loaded_at = now_s

    @property
    def digest(self) -> str:
        """Which snapshot is served, "" for none."""
        return self.table.digest if self.table else ""
