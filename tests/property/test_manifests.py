"""Whatever stands in a manifest is a resource or a problem, and never an exception."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heads import head, outcome, table
from manifests import compiled, consumer, credential, route, secret, service
from postern_core.codec import encode_snapshot
from postern_core.parse import is_known, parse_manifest

TEXTS = st.sampled_from(["", "\ud800", "/", "a.b", "a[0]", "1h", "default/app", "*", "\x00", "a\nb", "\u00e9"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | TEXTS
NAMES = st.sampled_from(["name", "auth", "jwt", "from", "paths", "a.b", "[0]", "a\nb", "\ud800", ""])
KEYS = NAMES | st.text(max_size=4) | st.integers() | st.none()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)
KINDS = st.sampled_from(
    ["Service", "Route", "Consumer", "JWTCredential", "Secret", "ConfigMap", "EndpointSlice", "Namespace"]
)
VERSIONS = st.sampled_from(["postern.dev/v1alpha1", "postern.dev/v2", "v1", "discovery.k8s.io/v1"])
OBJECTS = st.fixed_dictionaries(
    {},
    optional={"apiVersion": VERSIONS | SCALARS, "kind": KINDS | SCALARS, "metadata": VALUES, "spec": VALUES},
)

WHOLE = [
    service(auth={"jwt": {"from": [{"header": "X-A"}], "allow": {"claims": [{"name": "a", "anyOf": ["b"]}]}}}),
    route(paths=[{"type": "Regex", "value": "/a"}], headers=[{"name": "x", "value": "1"}], methods=["GET"]),
    consumer(groups=["readers"]),
    credential(revoked={"jtis": ["a"], "issuedBefore": "2030-01-01T00:00:00Z"}),
    secret(),
]


def places(value, path=()):
    """The paths of all nodes of a manifest."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in items:
        yield from places(inner, (*path, step))


@st.composite
def damaged(draw):
    """One of the whole manifests, with something else in one or two of its places."""
    found = copy.deepcopy(draw(st.sampled_from(WHOLE)))
    for _ in range(draw(st.integers(1, 2))):
        path = draw(st.sampled_from([path for path in places(found) if path]))
        node = found
        for step in path[:-1]:
            node = node[step]
        node[path[-1]] = draw(VALUES)
    return found


@given(OBJECTS)
def test_nothing_that_is_written_raises(found):
    """What can't be used says so."""
    parsed = parse_manifest(found)
    assert parsed.problems or parsed.resource is not None
    assert is_known(found) in (True, False)


# Python writes no integer of as many digits as text, and YAML reads one from hexadecimal.
ENDLESS = 16**6000


@pytest.mark.parametrize(
    "changed",
    [
        {"apiVersion": ENDLESS},
        {"kind": ENDLESS},
        {"metadata": {"name": ENDLESS}},
        {"metadata": {"name": [ENDLESS]}},
        {"metadata": {"name": "a", "namespace": ENDLESS}},
        {"spec": ENDLESS},
        {"spec": {"serviceRef": {"name": ENDLESS}}},
        {"spec": {ENDLESS: 1}},
        {ENDLESS: 1},
    ],
    ids=range(9),
)
def test_a_number_without_end_is_a_mistake_like_others(changed):
    """It can't be quoted, and need not be."""
    found = route() | changed
    assert is_known(found) in (True, False)
    assert parse_manifest(found).problems


@given(damaged())
def test_a_mistake_is_named_and_hurts_nobody_else(found):
    """Whatever stands in whatever place; the problems are of that object, and the others compile."""
    parsed = parse_manifest(found)
    assert parsed.problems or parsed.resource is not None
    assert all(problem.ref == parsed.ref and problem.message for problem in parsed.problems)
    own = (service("own", hosts=["own.example.com"]), route("own", serviceRef={"name": "own"}))
    snapshot = compiled(found, *own).snapshot
    assert ["Route/default/own"] == [it.id for it in snapshot.routes if it.name == "own" and not it.refusal]
    assert encode_snapshot(snapshot)


HALF = "\ud800"


@pytest.mark.parametrize(
    "changed",
    [
        consumer() | {"metadata": {"name": "a", "labels": {"a": HALF}}},
        consumer() | {"metadata": {"name": HALF}},
        consumer() | {"metadata": {HALF: "a"}},
        consumer() | {"spec": {HALF: "a"}},
        consumer() | {HALF: "a"},
        consumer() | {HALF: HALF},
        route(auth={"jwt": {"keyClaim": HALF}}),
        route(headers=[{"name": "x", "value": HALF}]),
        route(paths=[{"type": "Regex", "value": HALF}]),
        route(paths=[{"type": "Exact", "value": f"/{HALF}"}]),
        route(headers=[HALF]) | {"apiVersion": None},
        secret(value=HALF),
    ],
    ids=range(12),
)
def test_half_a_character_hurts_nobody_else(changed):
    """JSON can write it, and nothing that is published could hold it."""
    assert parse_manifest(changed).problems
    found = compiled(changed, service(), route("other", auth={"jwt": {}}))
    assert encode_snapshot(found.snapshot)
    assert "Route/default/other" in {it.id for it in found.snapshot.routes}


def test_what_half_a_character_would_have_protected_is_refused():
    """It doesn't fall through to a wider route."""
    paths = [{"type": "Exact", "value": "/admin"}]
    broken = route("admin", paths=paths, auth={"jwt": {"realm": HALF, "keyClaim": HALF}})
    assert "route_refused" == outcome(table(service(), route(), broken), head("/admin"))


@given(damaged())
def test_a_message_is_one_line(found):
    """It goes into a status, a log and a terminal."""
    for problem in compiled(*WHOLE[1:], found).problems:
        assert str(problem.ref).isprintable()
        assert problem.field.isprintable()
        assert "\n" not in problem.message
