"""The route of a request: by host, by path, by what else a route asks for."""

from __future__ import annotations

import pytest

from heads import head
from postern_core.snapshot import PathMatch, Route, ValueMatch
from postern_dataplane.request.target import Target
from postern_dataplane.table.compiled import CompiledRoute
from postern_dataplane.table.virtual_hosts import (
    VirtualHost,
    VirtualHosts,
    mismatch,
    path_matches,
)

EVERY = PathMatch(type="Prefix", value="/")


def row(name, *paths, hosts=("*",), created="", namespace="n", **fields):
    entry = Route(
        id=f"Route/n/{name}", namespace=namespace, name=name, created=created, hosts=hosts, paths=paths or (EVERY,),
        backend="", service="", **fields,
    )  # fmt: skip
    return CompiledRoute(entry, None, None)


def exact(value):
    return PathMatch(type="Exact", value=value)


def prefix(value):
    return PathMatch(type="Prefix", value=value)


def pattern(value, below="/"):
    return PathMatch(type="Regex", value=value, below=below)


def target(path="/", query=None):
    return Target("h", "h", path, query, has_encoded_slash=False)


def found(rows, path, *fields, query=None, method="GET"):
    """The name of the route that takes the request."""
    taken = VirtualHost().with_changes((), rows).find(target(path, query), head("/", *fields, method=method))
    return taken and taken.entry.name


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/a/b", "exact"), ("/a/b/", "long"), ("/a/b/c/d", "long"), ("/a", "short"), ("/a/", "short"), ("/ab", "every"),
     ("/a/bc", "short"), ("/", "every"), ("/a/b/c/d/e/f/g/h", "long")],
)  # fmt: skip
def test_the_longest_path_takes_it(path, expected):
    """Exact first, then prefixes by whole segments."""
    rows = [row("every"), row("short", prefix("/a")), row("long", prefix("/a/b")), row("exact", exact("/a/b"))]
    assert expected == found(rows, path)


@pytest.mark.parametrize("path", ["/", "/a", "/b/a", "/ab", "/a%2Fb"])
def test_a_path_that_none_takes_has_no_route(path):
    """A trailing slash is another path, an encoded one no slash."""
    assert found([row("one", exact("/a/")), row("two", prefix("/a/b"))], path) is None


@pytest.mark.parametrize(
    ("value", "base", "path", "expected"),
    [
        ("/[0-9]+", "/", "/12", True),
        ("/[0-9]+", "/", "/12x", False),
        ("/[0-9]+", "/", "/x/12", False),
        ("/a|/b", "/", "/bx", False),
        ("/a|/b", "/", "/b", True),
        ("/[0-9]+", "/v1", "/v1/12", True),
        ("/[0-9]+", "/v1", "/12", False),
        ("/[0-9]+", "/v1", "/v1", False),
        ("/", "/v1", "/v1", True),
        ("/", "/v1", "/v1/", True),
        (".*", "/v1", "/v1x", False),
        (".*", "/v1", "/v1/x/y", True),
    ],
)
def test_a_pattern_takes_the_whole_of_what_is_below(value, base, path, expected):
    """Below its service's prefix, by whole segments."""
    assert expected == (found([row("one", pattern(value, base))], path) == "one")
    assert expected == path_matches(path, pattern(value, base))


def test_a_pattern_comes_last():
    """A pattern comes after every prefix, also after a less specific one."""
    assert "every" == found([row("pattern", pattern("/a")), row("every")], "/a")


@pytest.mark.parametrize(
    ("method", "expected"), [("GET", "reads"), ("POST", "every"), ("HEAD", "every"), ("get", "every")]
)
def test_a_method_that_a_route_does_not_take_leads_on(method, expected):
    """GET implies no HEAD, and a method has a case."""
    assert expected == found([row("reads", exact("/a"), methods=("GET",)), row("every")], "/a", method=method)


def test_all_that_a_route_asks_for_must_hold():
    """Its headers and its query parameters."""
    asked = row(
        "asked",
        headers=(ValueMatch(name="x-a", type="Exact", value="1"),),
        query_params=(ValueMatch(name="b", type="Regex", value="[0-9]"),),
    )
    assert [None, "header x-a", "query parameter b", "header x-a"] == [
        mismatch(asked, target(query=query), head("/", *fields))
        for query, fields in [("b=2", [("X-A", "1")]), ("b=2", []), ("b=22", [("X-A", "1")]), (None, [])]
    ]


@pytest.mark.parametrize(
    ("match", "expected"), [(exact("/a"), True), (exact("/"), False), (prefix("/"), True), (prefix("/b"), False)]
)
def test_one_path_is_explained(match, expected):
    """As `find` would have it."""
    assert expected == path_matches("/a", match)


HOSTS = ("api.example.com", "*.example.com", "*.b.example.com", "*")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("api.example.com", "api.example.com"),
        ("x.example.com", "*.example.com"),
        ("y.x.example.com", "*.example.com"),
        ("x.b.example.com", "*.b.example.com"),
        ("b.example.com", "*.example.com"),
        ("x.api.example.com", "*.example.com"),
        ("example.com", "*"),
        ("notexample.com", "*"),
        ("com", "*"),
        ("[::1]", "*"),
        ("", "*"),
    ],
)
def test_the_most_specific_host_decides(host, expected):
    """An exact name, the longest wildcard of one label or more, every host."""
    hosts = VirtualHosts([row(str(number), hosts=(it,)) for number, it in enumerate(HOSTS)])
    assert [expected] == [HOSTS[int(it.entry.name)] for it in hosts.find(host).rows]


def test_a_host_that_nobody_serves_has_no_routes():
    """An unknown host has no routes, not even those of its parent."""
    assert VirtualHosts([row("one", hosts=("a.example.com", "*.b.example.com"))]).find("example.com") is None


def test_no_host_falls_through_to_a_wider_one():
    """The two may belong to different namespaces."""
    hosts = VirtualHosts([row("one", exact("/a"), hosts=("a.b",)), row("two", hosts=("*.b",)), row("three")])
    assert hosts.find("a.b").find(target("/x"), head()) is None


def test_routes_of_one_host_stand_in_order_of_precedence():
    """However they came."""
    rows = [row("c"), row("a"), row("b", created="2030-01-01T00:00:00Z")]
    assert ["b", "a", "c"] == [it.entry.name for it in VirtualHosts(rows).find("x").rows]


@pytest.mark.parametrize(
    ("path", "expected"), [("/a", "exact"), ("/b/c", "prefix"), ("/1", "pattern"), ("/", "default"), ("/z", "default")]
)
def test_a_default_comes_after_all_others(path, expected):
    """After patterns too, though it is older and its path is a prefix."""
    default = row("default", created="2020-01-01T00:00:00Z", is_default=True)
    rows = [default, row("exact", exact("/a")), row("prefix", prefix("/b")), row("pattern", pattern("/[0-9]"))]
    assert expected == found(rows, path)


def test_a_default_comes_and_goes():
    """As every other route does."""
    default, other = row("default", is_default=True), row("other")
    host = VirtualHost().with_changes((), [default]).with_changes((), [other])
    assert ["default", "other"] == [it.entry.name for it in host.rows]
    assert ["other"] == [it.entry.name for it in host.with_changes([default.entry], ()).rows]


def test_whether_any_route_keeps_slashes_is_known():
    """For a path that none of them takes."""
    rows = [row("one"), row("two", keep_encoded_slashes=True)]
    assert [False, True] == [VirtualHosts(rows[:count]).find("x").keeps_slashes for count in (1, 2)]


ONE = row("one", exact("/a"), prefix("/a/b"), pattern("/x"), keep_encoded_slashes=True, created="2030-01-01T00:00:00Z")
TWO = row("two", exact("/a"), prefix("/c"), pattern("/x"))
OTHER = row("other", exact("/other"), prefix("/other"), pattern("/other"))


def names_in(routes):
    """The names by type and path."""
    groups = {**routes.exact, **{f"{it}/*": rows for it, rows in routes.prefixes.items()}}
    found = {path: [it.entry.name for it in rows] for path, rows in groups.items()}
    return found | {"patterns": [it.entry.name for it in routes.patterns.rows]}


def test_a_route_that_comes_takes_its_place():
    """Between the others of its paths, as if it had always been there."""
    before = VirtualHost().with_changes((), [TWO, OTHER])
    after = before.with_changes((), [ONE])
    assert (["one", "two"], ["one", "other", "two"]) == (names_in(after)["/a"], names_in(after)["patterns"])
    assert names_in(VirtualHost().with_changes((), [ONE, TWO, OTHER])) == names_in(after)


def test_a_route_that_goes_leaves_nothing():
    """No path, no pattern, no longest prefix and no slashes."""
    before = VirtualHost().with_changes((), [ONE, TWO])
    after = before.with_changes([ONE.entry], ())
    assert {"/a": ["two"], "/c/*": ["two"], "patterns": ["two"]} == names_in(after)
    assert (2, False, 1) == (after.longest_prefix, after.keeps_slashes, after.count)
    assert (4, True, 2) == (before.longest_prefix, before.keeps_slashes, before.count)
    assert {"/a": ["one", "two"], "/a/b/*": ["one"], "/c/*": ["two"], "patterns": ["one", "two"]} == names_in(before)


def test_slashes_are_kept_as_long_as_one_route_keeps_them():
    """Of two that do, one may go."""
    keepers = [row(name, keep_encoded_slashes=True) for name in ("one", "two")]
    routes = VirtualHost().with_changes((), keepers)
    gone = [[it.entry for it in keepers[:count]] for count in range(3)]
    assert [True, True, False] == [routes.with_changes(some, ()).keeps_slashes for some in gone]


def test_what_has_no_pattern_leaves_the_patterns_alone():
    """They are not made again for it."""
    before = VirtualHost().with_changes((), [ONE])
    plain = row("plain", exact("/p"))
    after = before.with_changes((), [plain])
    assert before.patterns is after.patterns
    assert before.prefixes is after.prefixes
    assert before.patterns is after.with_changes([plain.entry], ()).patterns


def test_a_host_without_routes_is_none():
    """Otherwise a wider one could never take over."""
    alone, wide = row("alone", hosts=("a.b",)), row("wide", hosts=("*.b",))
    hosts = VirtualHosts([alone, wide])
    assert ["alone"] == [it.entry.name for it in hosts.find("a.b").rows]
    assert ["wide"] == [it.entry.name for it in hosts.with_changes([alone.entry], ()).find("a.b").rows]
    assert hosts.with_changes([alone.entry, wide.entry], ()).find("a.b") is None


def test_a_host_that_is_not_concerned_is_the_same():
    """An unaffected host stays the same object, and affected ones do not change the old table."""
    one, two = row("one", hosts=("a.b", "c.d")), row("two", hosts=("*",))
    before = VirtualHosts([one, two])
    after = before.with_changes([one.entry], [row("one", exact("/new"), hosts=("a.b",))])
    assert before.find("x") is after.find("x")
    assert {"/new": ["one"], "patterns": []} == names_in(after.find("a.b"))
    assert ["two"] == [it.entry.name for it in after.find("c.d").rows]
    assert [["one"], ["one"]] == [names_in(before.find(host))["//*"] for host in ("a.b", "c.d")]


def test_a_route_stands_once_among_the_rows():
    """However many paths it has."""
    assert ["one", "other", "two"] == [it.entry.name for it in VirtualHost().with_changes((), [TWO, ONE, OTHER]).rows]
