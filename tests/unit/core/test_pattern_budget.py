"""Which Routes may have their patterns, by the bounds of a host and of a namespace."""

from __future__ import annotations

import pytest

from postern_core.link.pattern_budget import settle_patterns
from postern_core.pattern_limits import ANY_PATTERN, HOST_SIZE_MAX, NAMESPACE_PATTERNS_MAX
from postern_core.problems import Reason
from postern_core.snapshot import PathMatch, Route, ValueMatch


def entry(name, *patterns, hosts=("h",), created="", **fields):
    paths = tuple(PathMatch(type="Regex", value=it) for it in patterns)
    return Route(
        id=f"Route/n/{name}", namespace="n", name=name, created=created, hosts=hosts, paths=paths, backend="",
        service="", **fields,
    )  # fmt: skip


def refused(*entries):
    """The names of the Routes that get no patterns; the size of a pattern is the number that it ends with."""
    settled, problems = settle_patterns(entries, lambda pattern: int(pattern.rpartition("-")[2]))
    names = {it.name for it in settled if it.refusal}
    assert names == {it.ref.name for it in problems}
    return names


@pytest.mark.parametrize(("last", "expected"), [(HOST_SIZE_MAX - 300, set()), (HOST_SIZE_MAX - 299, {"b"})])
def test_a_host_has_so_many_instructions(last, expected):
    """Up to the bound, that of the last Route included."""
    assert expected == refused(entry("a", "x-300"), entry("b", f"y-{last}"))


def test_the_youngest_gets_none():
    """In whatever order they come; one that is small enough may still fit."""
    entries = [entry("new", "x-300", created="2031"), entry("old", "y-300", created="2030"), entry("small", "z-1")]
    assert {"new"} == refused(*entries) == refused(*entries[::-1])


def test_a_path_s_pattern_counts_once_for_a_host():
    """Two Routes with the same are tried at once."""
    assert set() == refused(entry("a", "x-300"), entry("b", "x-300"))


def test_a_pattern_of_a_header_counts_each_time():
    """It is tried on the values of each Route's own header."""
    fields = {"headers": (ValueMatch(name="x-a", type="Regex", value="x-300"),)}
    assert {"b"} == refused(entry("a", **fields), entry("b", **fields))


def test_hosts_are_counted_apart():
    """One that has no room refuses the Route on all of its hosts."""
    assert set() == refused(entry("a", "x-300"), entry("b", "y-300", hosts=("i",)))
    assert {"b"} == refused(entry("a", "x-300"), entry("b", "y-300", hosts=("h", "i")))


def test_a_namespace_has_so_many_patterns():
    """Each counted once for every host that has it."""
    hosts = tuple(map(str, range(NAMESPACE_PATTERNS_MAX)))
    assert set() == refused(entry("a", "x-1", hosts=hosts), entry("b", hosts=("h",)))
    assert {"b"} == refused(entry("a", "x-1", hosts=hosts), entry("b", "x-1", hosts=("h",)))


def test_what_is_refused_is_tried_on_no_pattern():
    """It keeps what needs no trying, and names its reason."""
    exact = ValueMatch(name="x-b", type="Exact", value="1")
    pattern = ValueMatch(name="x-a", type="Regex", value="z-1")
    route = entry("b", "y-300", "z-300", headers=(pattern, exact), query_params=(pattern,), policy="p")
    settled, problems = settle_patterns([route], lambda pattern: int(pattern.rpartition("-")[2]))
    assert [((PathMatch(type="Regex", value=ANY_PATTERN),), (exact,), (), None, "Route n/b is not accepted")] == [
        (it.paths, it.headers, it.query_params, it.policy, it.refusal) for it in settled
    ]
    assert [Reason.CONFLICTED] == [it.reason for it in problems]


def test_what_stands_for_every_pattern_counts_for_nothing():
    """However many Routes are refused, their places cost no trying."""
    assert set() == refused(entry("a", "x-512"), *(entry(f"r{number}", ANY_PATTERN) for number in range(300)))
