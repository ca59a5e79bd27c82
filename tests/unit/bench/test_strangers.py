"""What a stranger sends is new each time, and what is said of it is a ratio."""

from __future__ import annotations

import asyncio

import pytest
from bench.asking import Seen, application
from bench.processes import free_port
from bench.strangers import KINDS, Load, described


@pytest.mark.parametrize("what", [what for what, fields in KINDS.items() if fields])
def test_no_two_requests_of_a_kind_are_alike_but_those_of_the_control(what):
    """Each request is one whole head."""
    one = Load(KINDS[what])
    made = [one.request() for _ in range(1_000)]
    assert len(set(made)) == (1 if what == "the same request again" else 1_000)
    assert all(it.count(b"\r\n\r\n") == 1 and it.endswith(b"\r\n\r\n") for it in made)


def test_the_ratio_is_to_the_p99_without_a_stranger_and_to_the_control():
    """Both are the first two loads."""
    loads = {
        what: Load(None, Seen([took_s] * 100)) for what, took_s in (("alone", 0.001), ("same", 0.002), ("x", 0.003))
    }
    assert [line.split(" | ")[-2:] for line in described(loads)] == [
        ["1.00", "0.50"],
        ["2.00", "1.00"],
        ["3.00", "1.50"],
    ]


async def test_the_stranger_asks_at_its_rate_until_the_victim_is_done():
    """A fast answer makes no more requests of it."""
    port, one = free_port(), Load(KINDS["new origins"])
    async with await asyncio.start_server(application, "127.0.0.1", port):
        began = asyncio.get_running_loop().time()
        await one.go_on(port, 40, 100)
        took_s = asyncio.get_running_loop().time() - began
    assert (40, []) == (len(one.seen.took_s), one.seen.failures)
    assert 0 < next(one.numbers) <= 8 + 100 * took_s + 8
