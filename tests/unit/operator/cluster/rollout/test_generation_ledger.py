"""Which objects the data plane serves as they are now."""

import dataclasses

from manifests import route
from postern_core.conditions import Programming
from postern_core.parse import parse_manifest
from postern_operator.cluster.rollout.generation_ledger import REMEMBERED, GenerationLedger

FIRST = dataclasses.replace(parse_manifest(route()), generation=1)
SECOND = dataclasses.replace(FIRST, generation=2)


def ledger(*served):
    known = GenerationLedger()
    known.compiled("a", [FIRST])
    known.compiled("b", [SECOND])
    known.serving(served)
    return known


def test_nothing_is_programmed_without_a_data_plane():
    """Nobody serves it."""
    assert Programming.NO_DATA_PLANE is ledger().programming_of(FIRST)


def test_an_object_is_programmed_when_every_pod_serves_its_generation():
    """An object is programmed when every pod serves its generation or a later one."""
    assert Programming.PROGRAMMED is ledger("b").programming_of(SECOND)
    assert Programming.PROGRAMMED is ledger("a", "b").programming_of(FIRST)


def test_an_object_is_pending_while_one_pod_is_behind():
    """Its requests may still be answered as before."""
    assert Programming.PENDING is ledger("a", "b").programming_of(SECOND)


def test_an_object_is_pending_while_a_pod_serves_what_nobody_knows():
    """It doesn't answer, or serves another operator's snapshot."""
    assert [Programming.PENDING] * 2 == [ledger("b", other).programming_of(FIRST) for other in (None, "c")]


def test_a_change_that_changes_no_byte_is_programmed_at_once():
    """An edit that leaves the snapshot's bytes unchanged is programmed at once."""
    known = ledger("a")
    known.compiled("a", [SECOND])

    assert Programming.PROGRAMMED is known.programming_of(SECOND)


def test_what_is_served_is_remembered_longest():
    """A pod that hangs keeps its objects' truth."""
    known = ledger("a")
    for number in range(2 * REMEMBERED):
        known.compiled(f"later-{number}", [SECOND])

    assert Programming.PROGRAMMED is known.programming_of(FIRST)
    assert Programming.PENDING is known.programming_of(SECOND)
