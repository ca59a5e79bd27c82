"""Who goes when the memory for connections is used up."""

from __future__ import annotations

import weakref

import pytest

from postern_dataplane.server import memory_budget as module
from postern_dataplane.server.memory_budget import SPARED_AT_ONCE, Budget, Weight


class Holder:
    """Holds what a test says."""

    def __init__(self, budget, size, *, compared=None, is_spared=False):
        self.budget = budget
        self.size, self.compared = size, compared
        self.is_spared, self.is_evicted = is_spared, False
        budget.open(self, self.weight())

    def weight(self):
        return Weight(self.size, self.size if self.compared is None else self.compared)

    def evict(self):
        self.is_evicted = True

    def grow(self, size):
        self.size = size
        self.budget.weigh(self)


@pytest.fixture
def budget():
    return Budget(1_000)


def evicted(*holders):
    return [holder.is_evicted for holder in holders]


def test_what_is_held_is_added_up(budget):
    """Each holder by what it held when it was weighed last, once."""
    first, second = Holder(budget, 100), Holder(budget, 200)
    first.grow(150)
    assert 350 == budget.used_bytes
    budget.close(second)
    budget.close(second)
    second.grow(500)
    assert 150 == budget.used_bytes


def test_the_largest_goes_first(budget):
    """However young it is."""
    small, large, last = Holder(budget, 100), Holder(budget, 700), Holder(budget, 100)
    last.grow(250)
    assert ([False, True, False], 350) == (evicted(small, large, last), budget.used_bytes)


def test_of_equals_the_oldest_goes(budget):
    """Until there is room."""
    holders = [Holder(budget, 300) for _ in range(5)]
    assert [True, True, False, False, False] == evicted(*holders)


def test_the_one_that_grows_may_be_the_one_to_go(budget):
    """Nobody else holds as much."""
    first, second = Holder(budget, 100), Holder(budget, 100)
    second.grow(2_000)
    assert ([False, True], 100) == (evicted(first, second), budget.used_bytes)


def test_a_holder_may_compare_as_less_than_it_holds(budget):
    """What it holds counts all the same."""
    modest, other = Holder(budget, 600, compared=10), Holder(budget, 300)
    Holder(budget, 200)
    assert ([False, True], 800) == (evicted(modest, other), budget.used_bytes)


def test_nobody_goes_for_what_was_held_before(budget):
    """A weight that is out of date is taken again first."""
    first, second = Holder(budget, 600), Holder(budget, 300)
    first.size = 10
    Holder(budget, 200)
    assert ([False, False], 510) == (evicted(first, second), budget.used_bytes)


def test_the_spared_are_passed_over(budget):
    """In favour of a younger one of their rank."""
    spared, other = Holder(budget, 400, is_spared=True), Holder(budget, 400)
    Holder(budget, 400)
    assert [False, True] == evicted(spared, other)


def test_to_spare_is_no_way_out(budget):
    """When all are spared somebody goes nevertheless, after a bounded search."""
    holders = [Holder(budget, 10, is_spared=True) for _ in range(100)]
    Holder(budget, 10)
    assert (1, SPARED_AT_ONCE) == (sum(evicted(*holders)), evicted(*holders).index(True))


def test_a_holder_larger_than_all_there_is_goes_at_once(budget):
    """A holder beyond the whole budget is evicted at once, and nothing stays charged."""
    assert ([True], 0) == (evicted(Holder(budget, 5_000)), budget.used_bytes)


def test_what_nothing_is_heard_of_is_weighed_in_turn(budget, monkeypatch):
    """A few at a time, each as often as the others."""
    monkeypatch.setattr(module, "REVIEWED_AT_MOST", 2)
    holders = [Holder(budget, 100) for _ in range(4)]
    budget.close(holders[0])
    for holder in holders:
        holder.size = 200
    sums = []
    for _ in range(3):
        budget.review()
        sums.append(budget.used_bytes)
    assert [500, 600, 600] == sums


def test_of_many_holders_each_is_weighed_once_a_second():
    """A review that weighs a thousand at rest, ten times a second, takes a fiftieth of a core from requests."""
    budget = Budget(10**9)
    holders = [Holder(budget, 100) for _ in range(2_000)]
    for holder in holders:
        holder.size = 200
    budget.review()
    assert 100 * (2_000 + 200) == budget.used_bytes
    for _ in range(9):
        budget.review()
    assert 200 * 2_000 == budget.used_bytes


def test_a_review_makes_room(budget):
    """For what has grown unseen."""
    first, second = Holder(budget, 100), Holder(budget, 100)
    first.size = 1_000
    budget.review()
    assert ([True, False], 100) == (evicted(first, second), budget.used_bytes)


def test_a_holder_that_is_closed_is_not_held(budget):
    """Connections that come and go would take memory that is charged to none of them."""
    holder = Holder(budget, 100)
    gone = weakref.ref(holder)
    budget.close(holder)
    del holder
    assert None is gone()
