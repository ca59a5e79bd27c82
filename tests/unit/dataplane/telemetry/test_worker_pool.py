"""What the supervisor knows, from what workers told it."""

from __future__ import annotations

import asyncio

import pytest

from postern_dataplane.telemetry.definitions import CONNECTIONS, DENIALS, UNKNOWN_KEY_HINTS
from postern_dataplane.telemetry.worker_messages import (
    CertificatesLoaded,
    Distribution,
    RouteReport,
    SnapshotLoaded,
    SnapshotRefused,
    WorkerReport,
)
from postern_dataplane.telemetry.worker_pool import WorkerPool

OLD, NEW = SnapshotLoaded("old", "default", 1, 10.0), SnapshotLoaded("new", "default", 2, 20.0)
COUNTED = WorkerReport({DENIALS.name: ((("x",), 1),)}, {}, {CONNECTIONS.name: 7})


@pytest.fixture
def worker_pool():
    """Two workers that have just started."""
    worker_pool = WorkerPool(2)
    worker_pool.started(0, 100)
    worker_pool.started(1, 101)
    return worker_pool


def test_it_is_ready_when_every_worker_has_a_snapshot(worker_pool):
    """Not necessarily the same one: both are good."""
    worker_pool.record(0, OLD)
    waiting = worker_pool.why_not_ready()
    worker_pool.record(1, NEW)
    assert ("1 of 2 workers have no snapshot", "") == (waiting, worker_pool.why_not_ready())


def test_a_worker_that_is_gone_makes_it_unready(worker_pool):
    """Until another one has taken its slot and loaded."""
    worker_pool.record(0, OLD)
    worker_pool.record(1, OLD)
    worker_pool.gone(1)
    assert "1 of 2 workers are starting" == worker_pool.why_not_ready()


def test_who_drains_is_not_ready(worker_pool):
    """A draining data plane is not ready, so that no new traffic is sent to it."""
    worker_pool.record(0, OLD)
    worker_pool.record(1, OLD)
    worker_pool.is_draining = True
    assert "draining" == worker_pool.why_not_ready()


def test_the_digest_is_what_all_serve(worker_pool):
    """The digest is the one that all workers serve, and None while they differ."""
    seen = []
    for slot, message in [(0, OLD), (1, OLD), (0, NEW), (1, NEW)]:
        worker_pool.record(slot, message)
        seen.append(worker_pool.common.digest if worker_pool.common else None)
    assert [None, "old", None, "new"] == seen


def test_a_refusal_is_known_until_the_next_load(worker_pool):
    """The snapshot before it is still served."""
    worker_pool.record(0, OLD)
    worker_pool.record(0, SnapshotRefused("bad", "why"))
    refused, serving = worker_pool.workers[0].refused, worker_pool.workers[0].serving
    worker_pool.record(0, NEW)
    assert (SnapshotRefused("bad", "why"), OLD, None) == (refused, serving, worker_pool.workers[0].refused)


def test_a_dead_worker_s_counts_stay_and_its_connections_go(worker_pool):
    """A counter never goes down; a gauge tells what is."""
    worker_pool.record(0, COUNTED)
    before = worker_pool.workers[0].gauges
    worker_pool.gone(0)
    after = [worker.gauges for worker in worker_pool.workers.values()]
    assert ({CONNECTIONS.name: 7}, [{}]) == (before, after)
    assert {("x",): 1} == worker_pool.totals.counts[DENIALS.name]


def test_a_dead_worker_takes_the_series_of_routes_with_it():
    """It reports no more which routes are gone, so that a series could stay for ever; Prometheus sees a restart."""
    pool = WorkerPool(1, routes_max=10)
    pool.started(0, 100)
    durations = RouteReport({"a/b": Distribution((0,) * 9, 0.0)})
    pool.record(0, WorkerReport({}, {}, {}, durations))
    before = set(pool.totals.routes.of)
    pool.gone(0)
    assert ({"a/b"}, set()) == (before, set(pool.totals.routes.of))


def test_who_is_to_speak_tls_needs_a_certificate():
    """In every worker."""
    worker_pool = WorkerPool(2, needs_certificate=True)
    for slot in range(2):
        worker_pool.started(slot, slot)
        worker_pool.record(slot, OLD)
    seen = [worker_pool.why_not_ready()]
    for slot, ends_at in [(0, {}), (0, {"a": 1.0}), (1, {"a": 1.0})]:
        worker_pool.record(slot, CertificatesLoaded(ends_at))
        seen.append(worker_pool.why_not_ready())
    one, both = "1 of 2 workers have no certificate", "2 of 2 workers have no certificate"
    assert [both, both, one, ""] == seen


def test_a_certificate_ends_when_the_first_worker_s_does(worker_pool):
    """While they differ."""
    worker_pool.record(0, CertificatesLoaded({"a": 2.0, "b": 1.0}))
    worker_pool.record(1, CertificatesLoaded({"a": 1.0, "c": 3.0}))
    assert {"a": 1.0, "b": 1.0, "c": 3.0} == worker_pool.certificates


def hints(**counts):
    return WorkerReport({UNKNOWN_KEY_HINTS.name: tuple(((issuer,), count) for issuer, count in counts.items())}, {}, {})


async def test_who_waits_for_unknown_keys_is_woken_by_the_first(worker_pool):
    """Those of a worker that has ended count on, so that a sum never comes twice."""
    worker_pool.record(0, hints(a=2))
    assert {"a": 2} == await worker_pool.wait_unknown_keys(0, 60)
    worker_pool.gone(0)
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(worker_pool.wait_unknown_keys(2, 60))
        await asyncio.sleep(0)
        worker_pool.record(1, COUNTED)
        worker_pool.record(1, hints(a=1, b=1))
    assert {"a": 3, "b": 1} == waiting.result()


async def test_who_waits_for_unknown_keys_in_vain_gets_what_there_is(worker_pool):
    """A connection without an answer would look dead."""
    assert {} == await worker_pool.wait_unknown_keys(0, 0.01)
