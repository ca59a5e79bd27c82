"""The next table is made of the one before it: what depends on a change is made anew, all else is the same object."""

from __future__ import annotations

import pytest

from postern_core.snapshot import (
    Backend,
    Consumer,
    Credential,
    Endpoint,
    Endpoints,
    PathMatch,
    Policy,
    Route,
)
from postern_core.snapshot_responses import ResponseBody, Responses
from postern_dataplane.table.diff import diff_snapshot
from postern_dataplane.table.routing_table import RoutingTable


def route(name, **fields):
    plain = {"policy": "p", "backend": "b", "paths": (PathMatch(type="Exact", value=f"/{name}"),)}
    return Route(id=name, namespace="n", name=name, created="", hosts=("h",), service="", **plain | fields)


def credential(name, **fields):
    plain = {"consumer": "Consumer/n/alice", "key": name, "created": ""}
    return Credential(id=name, namespace="n", name=name, algorithm="HS256", keys=(), **plain | fields)


def consumer(name, **fields):
    return Consumer(id=f"Consumer/n/{name}", namespace="n", name=name, **fields)


def endpoints(port):
    return Endpoints(id="b", endpoints=(Endpoint(address="a", port=port),))


def policy(id_, **fields):
    return Policy(id=id_, namespace="n", places=(), **fields)


def responses(id_, text):
    return Responses(id=id_, bodies=(ResponseBody(status=401, content_type="text/plain", body=text),))


GUEST = {"mode": "Optional", "anonymous_consumer": "guest"}
ENTRIES = {
    "routes": (
        route("one"), route("two"), route("other", policy="q", backend="c"), route("open", policy=None, responses="r"),
    ),
    "backends": (Backend(id="b"), Backend(id="c")),
    "endpoints": (endpoints(1),),
    "policies": (policy("p"), policy("q", **GUEST)),
    "consumers": (consumer("alice"), consumer("bob"), consumer("guest")),
    "credentials": (
        credential("a"), credential("b", consumer="Consumer/n/bob"), credential("c", consumer="Consumer/n/carol"),
    ),
    "responses": (responses("r", "a"), responses("s", "b")),
}  # fmt: skip


@pytest.fixture
def before():
    sections = diff_snapshot(RoutingTable().entries, {}, ENTRIES)
    return RoutingTable().with_changes(sections, gateway="g", digest="one")


def after(table, section, *, left=(), come=()):
    """The table once these entries, by id, have left the section, and those have come."""
    gone = [table.entries[section][id_] for id_ in left]
    return table.with_changes(diff_snapshot(table.entries, {section: gone}, {section: come}), gateway="g", digest="two")


def row(table, name):
    return table.hosts.find("h").exact[f"/{name}"][0]


def rows_of(table):
    """Every row and upstream by what it is of."""
    found = {path.removeprefix("/"): rows[0] for path, rows in table.hosts.find("h").exact.items()}
    found |= {f"key {key}": rows[0] for key, rows in table.credentials.items()}
    found |= {f"policy {id_}": it for id_, it in table.policies.items()}
    found |= {f"responses {id_}": it for id_, it in table.responses.items()}
    return found | {f"upstream {id_}": it for id_, it in table.upstreams.items()}


@pytest.mark.parametrize(
    ("section", "left", "come", "expected"),
    [
        ("routes", ["one"], [route("one", methods=("GET",))], {"one"}),
        ("routes", ["one"], [], {"one"}),
        ("routes", [], [route("new")], {"new"}),
        ("backends", ["b"], [Backend(id="b", path_prefix="/x")], {"upstream b", "one", "two", "open"}),
        ("backends", ["c"], [], {"upstream c", "other"}),
        ("backends", [], [Backend(id="d")], {"upstream d"}),
        ("endpoints", ["b"], [endpoints(2)], {"upstream b", "one", "two", "open"}),
        ("endpoints", ["b"], [], {"upstream b", "one", "two", "open"}),
        ("endpoints", [], [Endpoints(id="lost", endpoints=())], set()),
        ("policies", ["p"], [policy("p", realm="x")], {"policy p", "one", "two"}),
        ("policies", [], [policy("r")], {"policy r"}),
        ("responses", ["r"], [responses("r", "c")], {"responses r", "open"}),
        ("responses", ["r"], [], {"responses r", "open"}),
        ("responses", [], [responses("t", "c")], {"responses t"}),
        ("consumers", ["Consumer/n/alice"], [consumer("alice", custom_id="x")], {"key a"}),
        ("consumers", ["Consumer/n/alice"], [], {"key a"}),
        ("consumers", [], [consumer("carol")], {"key c"}),
        ("consumers", ["Consumer/n/guest"], [], {"policy q", "other"}),
        ("consumers", ["Consumer/n/guest"], [consumer("guest", groups=("x",))], {"policy q", "other"}),
        ("credentials", ["a"], [credential("a", issued_before=1.0)], {"key a"}),
        ("credentials", ["a"], [credential("a", key="A")], {"key a", "key A"}),
        ("credentials", ["a"], [], {"key a"}),
        ("credentials", ["c"], [], set()),
        ("credentials", ["a"], [credential("a", consumer="Consumer/n/carol")], {"key a"}),
        ("credentials", ["c"], [credential("c", consumer="Consumer/n/bob")], {"key c"}),
    ],
)  # fmt: skip
def test_what_depends_on_a_change_is_made_anew(before, section, left, come, expected):
    """Only what depends on a change is made anew, and the old table stays as it was."""
    held = rows_of(before)
    found = rows_of(after(before, section, left=left, come=come))
    assert expected == {name for name in {**held, **found} if held.get(name) is not found.get(name)}
    assert held == rows_of(before)


def test_a_change_of_nothing_shares_everything(before):
    """A table without changes shares all rows with the one before it, but for the names of the whole."""
    now = before.with_changes(diff_snapshot(before.entries, {}, {}), gateway="other", digest="two")
    shared = ("credentials", "policies", "responses", "unrouted", "upstreams", "is_trusted_proxy")
    assert all(getattr(now, name) is getattr(before, name) for name in shared)
    assert before.hosts.find("h") is now.hosts.find("h")
    assert ("other", "two", before.routes) == (now.gateway, now.digest, now.routes)


def test_a_row_has_what_it_depends_on(before):
    """The new one, everywhere."""
    now = after(before, "endpoints", left=["b"], come=[endpoints(2)])
    assert (2, 1) == tuple(row(it, "one").upstream.endpoints[0].port for it in (now, before))
    assert row(now, "one").upstream is now.upstreams["b"]
    now = after(before, "policies", left=["p"], come=[policy("p", realm="x")])
    assert (now.policies["p"], now.policies["p"]) == (row(now, "one").policy, row(now, "two").policy)
    now = after(before, "consumers", left=["Consumer/n/guest"], come=[consumer("guest", custom_id="7")])
    assert [False, True] == [
        b"X-Consumer-Custom-Id: 7\r\n" in row(it, "other").policy.anonymous.lines for it in (before, now)
    ]
    now = after(before, "consumers", left=["Consumer/n/alice"], come=[consumer("alice", custom_id="7")])
    assert ("", "7") == tuple(it.credentials["a"][0].consumer.custom_id for it in (before, now))


def test_a_route_of_a_backend_that_goes_has_no_upstream(before):
    """Until it comes back."""
    without = after(before, "backends", left=["c"])
    back = after(without, "backends", come=[Backend(id="c")])
    assert [None, "c"] == [it and it.id for it in (row(table, "other").upstream for table in (without, back))]


def test_addresses_that_come_first_are_not_lost(before):
    """A backend may come later than its endpoints."""
    first = after(before, "endpoints", come=[Endpoints(id="d", endpoints=(Endpoint(address="a", port=4),))])
    assert "d" not in first.upstreams
    assert 4 == after(first, "backends", come=[Backend(id="d")]).upstreams["d"].endpoints[0].port


def test_a_policy_that_goes_fails_the_table_while_a_route_names_it(before):
    """A route is never open because its policy got lost; it may go with the policy."""
    with pytest.raises(KeyError):
        after(before, "policies", left=["q"])
    with pytest.raises(KeyError):
        after(before, "routes", come=[route("new", policy="lost")])
    left = {"policies": [before.entries["policies"]["q"]], "routes": [before.entries["routes"]["other"]]}
    assert 3 == before.with_changes(diff_snapshot(before.entries, left, {}), gateway="g", digest="two").routes


def test_nobody_passes_as_a_consumer_that_is_gone(before):
    """A removed consumer passes neither with a token nor without."""
    without = after(before, "consumers", left=["Consumer/n/guest"])
    assert row(without, "other").policy.anonymous is None
    assert "a" not in after(before, "consumers", left=["Consumer/n/alice"]).credentials


def test_credentials_of_one_key_stay_in_order_of_age(before):
    """The one that has come stands where it would if it had always been there."""
    older = credential("z", key="a", created="2030-01-01T00:00:00Z")
    now = after(before, "credentials", come=[older])
    assert ["z", "a"] == [it.id for it in now.credentials["a"]]
    assert ["a"] == [it.id for it in after(now, "credentials", left=["z"]).credentials["a"]]
