"""The one reference."""

from __future__ import annotations

from types import SimpleNamespace

from postern_dataplane.decision.verdict import Verified
from postern_dataplane.reload.active_table import ActiveTable
from postern_dataplane.table.identity_headers import Identity


def test_a_table_comes_into_force_whole():
    """With its digest and the time."""
    active_table = ActiveTable()
    before = active_table.table, active_table.digest, active_table.loaded_at
    table = SimpleNamespace(digest="abc")
    active_table.swap(table, 10.0)
    assert (None, "", 0.0) == before
    assert (table, "abc", 10.0) == (active_table.table, active_table.digest, active_table.loaded_at)


def test_what_tokens_came_to_is_dropped_with_their_table():
    """A token that was verified under one table is verified anew under the next."""
    active_table = ActiveTable()
    active_table.swap(SimpleNamespace(digest="one"), 10.0)
    cache = active_table.verification_cache
    cache.good.put(("policy", "token"), Verified(Identity(b"", "alice"), 0.0))
    active_table.swap(SimpleNamespace(digest="two"), 11.0)
    assert cache is not active_table.verification_cache
    assert active_table.verification_cache.good.get(("policy", "token")) is None


def test_nothing_is_kept_of_tokens_where_that_is_off():
    """Under each table."""
    active_table = ActiveTable(remembers_tokens=False)
    for digest in ("one", "two"):
        active_table.verification_cache.good.put(("policy", "token"), Verified(Identity(b"", "alice"), 0.0))
        assert 0 == len(active_table.verification_cache.good)
        active_table.swap(SimpleNamespace(digest=digest), 10.0)
