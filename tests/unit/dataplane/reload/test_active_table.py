"""The one reference."""

from __future__ import annotations

from types import SimpleNamespace

from postern_dataplane.reload.active_table import ActiveTable


def test_a_table_comes_into_force_whole():
    """With its digest and the time."""
    active_table = ActiveTable()
    before = active_table.table, active_table.digest, active_table.loaded_at
    table = SimpleNamespace(digest="abc")
    active_table.swap(table, 10.0)
    assert (None, "", 0.0) == before
    assert (table, "abc", 10.0) == (active_table.table, active_table.digest, active_table.loaded_at)
