"""Growth is fitted, and an edit is really one."""

from __future__ import annotations

import pytest
from bench.scale import exponent, fitted, measure, report_page


@pytest.mark.parametrize(("power", "factor"), [(1, 3.0), (2, 0.001), (0, 7.0)])
def test_an_exponent_is_found_whatever_the_factor(power, factor):
    """In proportion, with the square, and not at all."""
    sizes = [1_000, 10_000, 100_000]
    assert exponent(sizes, [factor * size**power for size in sizes]) == pytest.approx(power)


def test_compiling_is_measured():
    """An edit of one route changes one shard, and every time is above zero."""
    size = measure(40, 3)
    assert (40, 3, 1) == (size.routes, size.credentials, size.changed_shards)
    assert min(size.parse_s, size.compile_s, size.encode_s, size.rebuild_s, size.snapshot_bytes) > 0


def test_one_size_has_no_exponent():
    """Nothing grows."""
    assert {} == fitted("routes", [measure(2, 1)])


def test_the_page_has_each_size():
    """The page has each size, and a line for each series that grows."""
    sizes = [measure(20, 1), measure(40, 1)]
    told = {"whole": 1.0, "rebuild": 0.98, "memory": 1.01}
    page = report_page({"routes": sizes, "credentials": []}, [], {"routes": told, "credentials": {}})
    assert 2 == page.count("| 1 | 0.")
    assert "| with routes | 1.00 | 0.98 | 1.01 |" in page
    assert "with credentials" not in page
