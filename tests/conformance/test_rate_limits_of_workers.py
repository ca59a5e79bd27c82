"""Two workers of a gateway grant a limit together, by their shares or by a store that may die."""

from __future__ import annotations

import contextlib
import time
from operator import itemgetter

import pytest

import raw
from gateway import DataPlane
from manifests import route, service
from redis_server import PASSWORD
from upstream_behaviours import says

OK = says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
A_SECOND = 40
LIMITS = [{"by": "Client", "requests": A_SECOND, "per": "1s"}]
WORKERS = 2
# Requests that a client sends in a second: three times the limit.
LOAD = 120
# Of a fleet that does not hear of each other for a moment.
UNKNOWN_S = 0.7


@pytest.fixture
def limited(start_gateway, upstream):
    """Starts a gateway of two workers, with these options."""
    upstream.on("/", OK)
    endpoints = [{"address": upstream.address[0], "port": upstream.address[1]}]
    served = [service(upstream={"endpoints": endpoints}, rateLimit=LIMITS), route()]
    return lambda *options: start_gateway(served, *options, kind=DataPlane, workers=WORKERS)


def ask_for(gateway, for_s, connections=8):
    """When each request was asked and its status, in seconds from the first; each connection stays with one worker."""
    asked = []
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(raw.Client(gateway.listen)) for _ in range(connections)]
        begin = time.monotonic()
        while (now := time.monotonic() - begin) < for_s:
            if len(asked) > now * LOAD:
                time.sleep(0.002)
                continue
            asked.append((now, clients[len(asked) % connections].ask(raw.request("/")).status))
    assert {200, 429} == set(map(itemgetter(1), asked))
    return asked


def passed(asked, begin_s=0.0, end_s=float("inf")):
    """How many requests of a part of the time passed."""
    return sum(status == 200 for at, status in asked if begin_s <= at < end_s)


def test_shares_are_never_more_than_the_limit(limited):
    """Of a burst and what is earned each worker has half, however connections are spread."""
    asked = ask_for(limited(), 4.0)
    assert passed(asked) <= A_SECOND * (1 + asked[-1][0]) + WORKERS
    assert passed(asked) >= A_SECOND * 0.4 * 3.0


def test_a_store_that_is_killed_under_load_opens_nothing(limited, redis, tmp_path):
    """With it a client gets its limit on one connection; while it is away, a share; and at no time more."""
    store = ("--rate-limit-store", f"redis://127.0.0.1:{redis.port}")
    gateway = limited(*store, "--rate-limit-store-password-file", str(tmp_path / "password"))
    counted = "postern_rate_limit_store_batches_total"
    raw.until(lambda: redis.ask("CLIENT", "LIST").count(b"cmd=ping") == WORKERS, "both workers at the store")
    whole = ask_for(gateway, 4.0, connections=1)
    assert A_SECOND * 0.7 * 3.0 + A_SECOND <= passed(whole) <= A_SECOND * (WORKERS + whole[-1][0] + UNKNOWN_S)

    redis.kill()
    alone = ask_for(gateway, 3.0)
    assert A_SECOND * 0.2 * 2.0 <= passed(alone, 1.0) <= A_SECOND * (alone[-1][0] - 1.0 + UNKNOWN_S) + WORKERS
    raw.until(lambda: gateway.metric(counted, result="failed") >= WORKERS, "both workers to count alone")

    before = gateway.metric(counted, result="counted")
    redis.start()
    again = ask_for(gateway, 8.0)
    assert passed(again) <= A_SECOND * (WORKERS + again[-1][0] + UNKNOWN_S)
    raw.until(lambda: gateway.metric(counted, result="counted") > before, "batches at the new store")
    assert PASSWORD not in gateway.said()
