"""What the supervisor knows, from what workers told it."""

from __future__ import annotations

import msgspec
import pytest

from postern_dataplane.telemetry.counters import Counters
from postern_dataplane.telemetry.worker_messages import Certified, Refused, Serving
from postern_dataplane.telemetry.worker_pool import Fleet

OLD, NEW = Serving("old", "default", 1, 10.0), Serving("new", "default", 2, 20.0)
COUNTED = msgspec.structs.replace(Counters().take(), denials={"x": 1}, connections=7)


@pytest.fixture
def fleet():
    """Two workers that have just started."""
    fleet = Fleet(2)
    fleet.started(0, 100)
    fleet.started(1, 101)
    return fleet


def test_it_is_ready_when_every_worker_has_a_snapshot(fleet):
    """Not necessarily the same one: both are good."""
    fleet.heard(0, OLD)
    waiting = fleet.why_not_ready()
    fleet.heard(1, NEW)
    assert ("1 of 2 workers have no snapshot", "") == (waiting, fleet.why_not_ready())


def test_a_worker_that_is_gone_makes_it_unready(fleet):
    """Until another one has taken its slot and loaded."""
    fleet.heard(0, OLD)
    fleet.heard(1, OLD)
    fleet.gone(1)
    assert "1 of 2 workers are starting" == fleet.why_not_ready()


def test_who_drains_is_not_ready(fleet):
    """So that no new traffic is sent."""
    fleet.heard(0, OLD)
    fleet.heard(1, OLD)
    fleet.is_draining = True
    assert "draining" == fleet.why_not_ready()


def test_the_digest_is_what_all_serve(fleet):
    """And nothing while they differ."""
    seen = []
    for slot, message in [(0, OLD), (1, OLD), (0, NEW), (1, NEW)]:
        fleet.heard(slot, message)
        seen.append(fleet.common.digest if fleet.common else None)
    assert [None, "old", None, "new"] == seen


def test_a_refusal_is_known_until_the_next_load(fleet):
    """The snapshot before it is still served."""
    fleet.heard(0, OLD)
    fleet.heard(0, Refused("bad", "why"))
    refused, serving = fleet.workers[0].refused, fleet.workers[0].serving
    fleet.heard(0, NEW)
    assert (Refused("bad", "why"), OLD, None) == (refused, serving, fleet.workers[0].refused)


def test_a_dead_worker_s_counts_stay_and_its_connections_go(fleet):
    """A counter never goes down; a gauge tells what is."""
    fleet.heard(0, COUNTED)
    before = sum(worker.connections for worker in fleet.workers.values())
    fleet.gone(0)
    after = sum(worker.connections for worker in fleet.workers.values())
    assert (7, 0, {"x": 1}) == (before, after, fleet.totals.denials)


def test_who_is_to_speak_tls_needs_a_certificate():
    """In every worker."""
    fleet = Fleet(2, needs_certificate=True)
    for slot in range(2):
        fleet.started(slot, slot)
        fleet.heard(slot, OLD)
    seen = [fleet.why_not_ready()]
    for slot, ends_at in [(0, {}), (0, {"a": 1.0}), (1, {"a": 1.0})]:
        fleet.heard(slot, Certified(ends_at))
        seen.append(fleet.why_not_ready())
    one, both = "1 of 2 workers have no certificate", "2 of 2 workers have no certificate"
    assert [both, both, one, ""] == seen


def test_a_certificate_ends_when_the_first_worker_s_does(fleet):
    """While they differ."""
    fleet.heard(0, Certified({"a": 2.0, "b": 1.0}))
    fleet.heard(1, Certified({"a": 1.0, "c": 3.0}))
    assert {"a": 1.0, "b": 1.0, "c": 3.0} == fleet.certificates
