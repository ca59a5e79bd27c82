"""The whole compilation; `tests/golden` shows it by behaviour."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manifests import compiled, consumer, credential, route, secret, service
from postern_core.codec import encode_snapshot
from postern_core.memo import Memo

MANIFESTS = [
    service(auth={"jwt": {}}),
    service("b", "two"),
    service("c", pathPrefix="bad"),
    route("a"),
    route("b", paths=[{"type": "exact", "value": "/x"}]),
    route("c", serviceRef={"name": "nowhere"}),
    consumer(),
    credential(),
    credential("twin", key="alice"),
    credential("lost", consumerRef={"name": "nobody"}),
    secret(),
]


@given(st.permutations(MANIFESTS))
@settings(max_examples=30)
def test_order_does_not_matter(manifests):
    """An equal set of objects makes equal bytes and equal problems."""
    expected, actual = compiled(*MANIFESTS), compiled(*manifests)

    assert encode_snapshot(expected.snapshot).digest == encode_snapshot(actual.snapshot).digest
    assert expected.problems == actual.problems


def test_a_memo_changes_nothing_but_the_work():
    """However the objects change under it."""
    memo = Memo()
    chosen = random.Random(1)
    for _ in range(20):
        some = chosen.sample(MANIFESTS, 7)
        assert compiled(*some) == compiled(*some, memo=memo)


@pytest.mark.parametrize("without", range(len(MANIFESTS)))
def test_no_object_is_needed_by_the_compiler(without):
    """Whatever is missing gives problems, never an exception."""
    compiled(*MANIFESTS[:without], *MANIFESTS[without + 1 :])


def test_a_bad_object_does_not_hurt_the_others():
    """The good route is just as it would be alone."""
    alone = compiled(service(), route("good", paths=[{"type": "Exact", "value": "/good"}])).snapshot
    beside = compiled(service(), route("good", paths=[{"type": "Exact", "value": "/good"}]), route("bad", paths=3))

    assert alone.routes[0] in beside.snapshot.routes


def test_only_the_chosen_gateway_is_compiled():
    """A service of another one is neither served nor wrong."""
    internal = service(gateways=["internal"])

    assert ((), ()) == (compiled(internal, route()).snapshot.routes, compiled(internal, route()).problems)
    assert 1 == len(compiled(internal, route(), gateway="internal").snapshot.routes)


def test_people_whom_no_policy_admits_stay_out():
    """Whoever steals a snapshot gets no key that this gateway does not need."""
    other = [consumer(namespace="other"), credential(namespace="other"), secret(namespace="other")]

    assert ((), ()) == (
        compiled(service(auth={"jwt": {}}), route(), *other).snapshot.credentials,
        compiled(service(), route(), *other).snapshot.consumers,
    )
