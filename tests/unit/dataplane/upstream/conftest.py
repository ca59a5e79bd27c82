"""What the tests of connection pools share: upstreams on a loop without a network."""

from __future__ import annotations

from collections import Counter

import pytest

from data_port import DIAL_POLICY
from postern_dataplane.background_tasks import BackgroundTasks
from postern_dataplane.upstream.pool import PoolManager


@pytest.fixture
def upstreams(loop):
    tasks = BackgroundTasks()
    made = PoolManager(tasks, DIAL_POLICY)
    yield made
    made.close()
    loop.run_until_complete(tasks.close())
    loop.settle()


@pytest.fixture
def connect(loop):
    """Connects, to the address whose turn it is or this one; gives the connection, in the midst of an exchange."""

    def connect_(pool, address=None, tried=None):
        return loop.run_until_complete(pool.connect(address, [] if tried is None else tried))

    return connect_


@pytest.fixture
def turns(loop):
    """The hosts whose turn it is, and how often."""
    return lambda pool, count: Counter(loop.call(pool.next_host, loop.now).host for _ in range(count))
