"""Cells keep the time of each key that was added, or a later one, however their number changes."""

from __future__ import annotations

import pytest

from postern_dataplane.rate_limits.cells import CELLS_PER_ENTRY, LARGEST_LIMITS, Cells, balance


def filled(entries, keys):
    cells = Cells(entries)
    for number in range(keys):
        cells.add(b"%d" % number, float(number))
    return cells


def test_a_key_without_a_time_has_none():
    """Nothing is shared before something was added."""
    assert 0.0 == Cells(10).full_at(b"a")


@pytest.mark.parametrize("change", [Cells.double, Cells.halve])
def test_no_key_loses_time_when_the_number_of_cells_changes(change):
    """Each key's time is at least the one that was added for it."""
    cells = filled(100, 100)
    change(cells)
    assert all(cells.full_at(b"%d" % number) >= number for number in range(100))
    assert 99.0 == cells.all_full_at


def test_doubling_and_halving_leaves_the_cells_as_they_were():
    """A key finds its two times again."""
    cells, same = filled(100, 50), filled(100, 50)
    cells.double()
    assert (1_024, 512) == (len(cells), len(same))
    cells.halve()
    keys = [b"%d" % number for number in range(1_000)]
    assert [same.full_at(key) for key in keys] == [cells.full_at(key) for key in keys]


def test_crowded_cells_are_doubled():
    """Cells with many evicted keys grow, others do not."""
    crowded, roomy = filled(100, 100), filled(100, 5)
    for one in (crowded, roomy):
        balance(one, [crowded, roomy], 1_000)
    assert (1_024, 512) == (len(crowded), len(roomy))


def test_balancing_is_seldom_due():
    """With the first key that is evicted, and then ever later."""
    cells, due = Cells(10), []
    for number in range(1, 20):
        cells.add(b"%d" % number, 1.0)
        due += [number] if cells.is_due else []
    assert [1, 2, 4, 8, 16] == due


def test_cells_of_one_limit_have_a_bound():
    """However many keys are evicted, a limit has no more than twice the cells of all entries."""
    cells = Cells(10)
    for number in range(20_000):
        cells.add(b"%d" % number, 1.0)
        balance(cells, [cells], 100)
    assert CELLS_PER_ENTRY * 100 <= len(cells) < 2 * CELLS_PER_ENTRY * 100


def test_cells_of_all_limits_have_a_bound_which_they_share():
    """Limits that took the most make room for those that come later."""
    limits = []
    for _ in range(20):
        limits.append(Cells(10))
        for number in range(1_000):
            limits[-1].add(b"%d" % number, 1.0)
            balance(limits[-1], limits, 100)
    sizes = [len(cells) for cells in limits]
    assert sum(sizes) <= LARGEST_LIMITS * CELLS_PER_ENTRY * 100
    assert max(sizes) <= 4 * min(sizes)


def test_more_limits_than_cells_end_with_a_few_each():
    """A bound that can't be kept is no endless loop."""
    limits = [Cells(10) for _ in range(100)]
    balance(limits[0], limits, 1)
    assert {CELLS_PER_ENTRY} == set(map(len, limits))
