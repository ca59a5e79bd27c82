"""Which of several matching routes takes a request."""

from __future__ import annotations

from itertools import permutations

from postern_core.precedence import path_order, route_order
from postern_core.snapshot import PathMatch, Route, ValueMatch


def in_order(entries, key):
    """Sorted from every order to one."""
    found = [sorted(it, key=key) for it in permutations(entries)]
    assert all(it == found[0] for it in found)
    return found[0]


def path(type_, value):
    return PathMatch(type=type_, value=value)


def route(name="a", namespace="n", created="", *, headers=0, query_params=0, unread=0):
    def match(number):
        return ValueMatch(name=str(number), type="Exact", value="")

    return Route(
        id=f"Route/{namespace}/{name}",
        namespace=namespace,
        name=name,
        created=created,
        hosts=("*",),
        paths=(),
        backend="",
        service="",
        headers=tuple(match(number) for number in range(headers)),
        unread_matches=unread,
        query_params=tuple(match(number) for number in range(query_params)),
    )


def test_exact_comes_before_prefix_and_prefix_before_pattern():
    """However long they are."""
    expected = [path("Exact", "/"), path("Prefix", "/aaaa"), path("Regex", "/aaaaaaaa")]
    assert expected == in_order(expected, path_order)


def test_a_longer_prefix_comes_first():
    """It says more."""
    expected = [path("Prefix", "/a/b"), path("Prefix", "/a"), path("Prefix", "/")]
    assert expected == in_order(expected, path_order)


def test_patterns_are_equal():
    """A long one says no more than a short one."""
    assert path_order(path("Regex", "/a")) == path_order(path("Regex", "/a/b/.*"))


def test_more_matches_come_first():
    """Headers and query parameters count alike, and the unread ones with them."""
    expected = [
        route("z", headers=2, query_params=1), route("y", query_params=1, unread=1), route("x", headers=1), route("w")
    ]  # fmt: skip
    assert expected == in_order(expected, route_order)


def test_the_older_comes_first():
    """Of unknown age is younger than all."""
    expected = [route("z", created="2029-01-01T00:00:00Z"), route("y", created="2030-01-01T00:00:00Z"), route("x")]
    assert expected == in_order(expected, route_order)


def test_the_name_decides_in_the_end():
    """First that of the namespace."""
    expected = [route("b", "m"), route("a", "n"), route("b", "n")]
    assert expected == in_order(expected, route_order)
