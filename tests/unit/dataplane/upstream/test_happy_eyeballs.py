"""The first of several addresses that answers."""

from __future__ import annotations

import asyncio

import pytest

from postern_dataplane.upstream.happy_eyeballs import DELAY_S, first_to_open


class Connection:
    """Open at once, or when a test says so, or never."""

    def __init__(self, host):
        self.host = host
        self.is_aborted = False

    def abort(self):
        self.is_aborted = True


class Network:
    """What happens to each host that is asked: an error, a future to wait for, or a connection."""

    def __init__(self, **hosts):
        self._hosts = hosts
        self.asked = []
        self.made = []
        self.cancelled = []

    async def open(self, host):
        self.asked.append(host)
        told = self._hosts.get(host)
        try:
            if isinstance(told, asyncio.Future):
                await told
        except asyncio.CancelledError:
            self.cancelled.append(host)
            raise
        if isinstance(told, OSError):
            raise told
        self.made.append(Connection(host))
        return self.made[-1]


def begin(loop, network, *hosts):
    trying = loop.create_task(first_to_open(hosts, network.open))
    loop.settle()
    return trying


def test_the_first_is_enough(loop):
    """The others aren't asked."""
    network = Network()
    assert ("a", ["a"]) == (begin(loop, network, "a", "b").result().host, network.asked)


def test_a_failure_leads_to_the_next_at_once(loop):
    """Without waiting for anything."""
    network = Network(a=ConnectionRefusedError(), b=OSError("no way"))
    assert ("c", ["a", "b", "c"]) == (begin(loop, network, "a", "b", "c").result().host, network.asked)


def test_the_last_error_is_raised_where_all_fail(loop):
    """As it is, not in a group of errors."""
    last = OSError("no way")
    assert last is begin(loop, Network(a=ConnectionRefusedError(), b=last), "a", "b").exception()


def test_one_that_is_silent_is_overtaken(loop):
    """A silent address is overtaken by the next, and given up when that one is open."""
    network = Network(a=loop.create_future())
    trying = begin(loop, network, "a", "b")
    loop.pass_time(DELAY_S - 0.01)
    assert ["a"] == network.asked
    loop.pass_time(0.01)
    assert ("b", ["a"]) == (trying.result().host, network.cancelled)


def test_a_slow_one_may_still_win(loop):
    """It goes on while the next one is tried."""
    slow = loop.create_future()
    network = Network(a=slow, b=loop.create_future())
    trying = begin(loop, network, "a", "b")
    loop.pass_time(DELAY_S)
    loop.call(slow.set_result, None)
    assert ("a", ["b"]) == (trying.result().host, network.cancelled)


def test_of_two_that_open_together_one_is_dropped(loop):
    """No connection is left over."""
    both = loop.create_future()
    network = Network(a=both, b=both)
    trying = begin(loop, network, "a", "b")
    loop.pass_time(DELAY_S)
    loop.call(both.set_result, None)
    assert [False, True] == sorted(it.is_aborted for it in network.made)
    assert not trying.result().is_aborted


def test_one_that_opens_as_the_time_is_over_is_dropped(loop):
    """A connection that the waiting request can't take any more is not left open."""
    opening = loop.create_future()
    network = Network(a=opening)
    trying = begin(loop, network, "a", "b")
    opening.add_done_callback(lambda _: loop.call_soon(trying.cancel))
    loop.call(opening.set_result, None)
    assert trying.cancelled()
    assert [True] == [it.is_aborted for it in network.made]


def test_a_time_out_ends_all(loop):
    """The waiting request's time-out ends all attempts."""
    network = Network(a=loop.create_future(), b=loop.create_future())

    async def impatient():
        async with asyncio.timeout(1):
            await first_to_open(("a", "b"), network.open)

    trying = loop.create_task(impatient())
    loop.settle()
    loop.pass_time(DELAY_S)
    loop.pass_time(1)
    with pytest.raises(TimeoutError):
        trying.result()
    assert ["a", "b"] == sorted(network.cancelled)
