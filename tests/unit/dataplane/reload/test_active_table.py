"""The one reference."""

from __future__ import annotations

from types import SimpleNamespace

from postern_dataplane.reload.active_table import Current


def test_a_table_comes_into_force_whole():
    """With its digest and the time."""
    current = Current()
    before = current.table, current.digest, current.loaded_at
    table = SimpleNamespace(digest="abc")
    current.swap(table, 10.0)
    assert (None, "", 0.0) == before
    assert (table, "abc", 10.0) == (current.table, current.digest, current.loaded_at)
