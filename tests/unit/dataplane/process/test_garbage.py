"""What lives long is searched for garbage once, and again only after a while."""

from __future__ import annotations

import gc
import weakref

import pytest

from postern_dataplane.process import garbage as module
from postern_dataplane.process.garbage import set_survivors_aside


class Node:
    """An object in a cycle of one."""

    def __init__(self):
        self.me = self


@pytest.fixture
def clock(monkeypatch):
    """Moves the time of the module; the collector runs when a test says so."""
    before, moved = list(gc.callbacks), [1_000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: moved[0])
    gc.disable()
    set_survivors_aside()
    yield moved
    gc.callbacks[:] = before
    gc.unfreeze()
    gc.enable()


def test_what_a_full_search_has_left_is_not_searched_again(clock):
    """Thousands of connections that open one after the other are searched once each, not all of them each time."""
    kept = [Node() for _ in range(1_000)]
    gc.collect()
    assert (True, 0) == (gc.get_freeze_count() > len(kept), len(gc.get_objects()))


def test_a_young_search_sets_nothing_aside(clock):
    """A search of young objects finds short-lived ones among them, which stay with the collector."""
    kept = Node()
    gc.collect(0)
    gc.collect(1)
    assert any(it is kept for it in gc.get_objects()), "it was set aside"


def test_a_cycle_that_was_set_aside_is_collected_after_a_while(clock):
    """What has become garbage since it was set aside stays for ten minutes, and no longer."""
    node = Node()
    seen = weakref.ref(node)
    gc.collect()
    del node
    gc.collect()
    assert seen() is not None
    clock[0] += module.SEARCH_INTERVAL_S
    gc.collect()
    assert seen() is None
