"""Where the responses of a Service hold for requests that no route takes."""

from __future__ import annotations

import pytest

from postern_core.snapshot import Route
from postern_core.snapshot_responses import ResponseBody, Responses
from postern_dataplane.table.compiled import CompiledRoute
from postern_dataplane.table.diff import SectionDiff
from postern_dataplane.table.own_responses import CompiledResponses, Unrouted
from postern_dataplane.table.virtual_hosts import VirtualHosts


def responses(name, *hosts, prefix="/", body=None):
    bodies = (ResponseBody(status=404, content_type="text/plain", body=body),) if body else ()
    return Responses(id=name, bodies=bodies, hosts=hosts, path_prefix=prefix)


def changed(unrouted, before, now):
    """The next one, and the rows that it has by id."""
    rows = {it.id: CompiledResponses(it) for it in now}
    rows |= {id_: row for id_, row in before.items() if id_ in rows and rows[id_].entry is row.entry}
    ids = {id_ for id_ in {**before, **rows} if before.get(id_) is not rows.get(id_)}
    return unrouted.with_changes(SectionDiff(before, rows, ids)), rows


def found(entries, host, path="/x", routed=()):
    """The body of a 404, or None for the usual one."""
    return body_of(changed(Unrouted(), {}, entries)[0], host, path, routed)


def body_of(unrouted, host, path="/x", routed=()):
    """`routed` are the hosts that have routes; with a 1 before it, a wildcard of one label."""
    entries = [
        Route(
            id=name, namespace="n", name=name, created="", hosts=(name.removeprefix("1"),), paths=(), backend="",
            service="", is_one_label=name.startswith("1"),
        ) for name in routed
    ]  # fmt: skip
    own = unrouted.find(host, path, VirtualHosts(CompiledRoute(entry, None, None) for entry in entries))
    return own and own.content_of(404, "").body.decode()


HOSTS = [responses("a", "a.test", body="a"), responses("w", "*.test", body="w"), responses("every", "*", body="*")]


@pytest.mark.parametrize(
    ("host", "routed", "expected"),
    [
        ("a.test", (), "a"),
        ("b.test", (), "w"),
        ("b.c.test", (), "w"),
        ("test", (), "*"),
        ("", (), "*"),
        ("b.test", ("b.test",), None),
        ("b.c.test", ("*.c.test",), None),
        ("b.c.test", ("1*.c.test",), None),
        ("a.b.c.test", ("1*.c.test",), "w"),
        ("a.test", ("a.test", "*.test"), "a"),
    ],
)
def test_the_most_specific_host_decides_alone(host, routed, expected):
    """A host that has routes and no responses has the usual ones, whatever a wider one has."""
    assert expected == found(HOSTS, host, routed=routed)


def test_the_longest_prefix_decides_by_whole_segments():
    """Below the prefix of a Service without responses the usual bodies hold, whatever a shorter prefix has."""
    entries = [
        responses("root", "h", body="root"), responses("v", "h", prefix="/v1", body="v1"),
        responses("plain", "h", prefix="/v1/plain"),
    ]  # fmt: skip
    expected = {
        "/": "root",
        "/v1": "v1",
        "/v1/": "v1",
        "/v10": "root",
        "/v1/x": "v1",
        "/v1/plain/x": None,
        "/x/v1": "root",
    }
    assert expected == {path: found(entries, "h", path) for path in expected}
    assert None is found(entries[1:], "h", "/x")


def test_what_is_asked_for_twice_in_one_place_must_be_the_same():
    """Services that share a host and a prefix agree, or none of them is asked."""
    same, other = responses("b", "h", body="a"), responses("c", "h", body="c")
    one = responses("a", "h", body="a")
    assert ["a", None, None] == [found(it, "h") for it in ([one, same], [one, same, other], [one, responses("d", "h")])]


def test_a_change_leaves_what_was_there_before():
    """The next one has what has changed, and requests of the last table have the last one."""
    first, rows = changed(Unrouted(), {}, [*HOSTS, responses("b", "a.test", prefix="/b", body="b")])
    second, rows = changed(first, rows, [HOSTS[0], responses("w", "*.test", "*.other", body="W")])
    assert ["a", "b", "w", "*"] == [body_of(first, *it) for it in [("a.test",), ("a.test", "/b"), ("b.test",), ("x",)]]
    assert ["a", "a", "W", None] == [
        body_of(second, *it) for it in [("a.test",), ("a.test", "/b"), ("b.test",), ("x",)]
    ]
    assert second is changed(second, rows, [it.entry for it in rows.values()])[0]
    assert {} == changed(second, rows, [])[0]._by_host


def test_a_request_leaves_nothing_behind():
    """What is remembered belongs to entries: a thousand hosts and paths that clients make up leave it as it was."""
    unrouted, _ = changed(Unrouted(), {}, HOSTS)
    for number in range(1_000):
        assert "w" == body_of(unrouted, f"h{number}.test", f"/{number}")
    assert ({"a.test", "*.test", "*"}, 3) == (set(unrouted._by_host), len(unrouted._rows))
