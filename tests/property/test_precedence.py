"""The index finds what a plain search in order of precedence would, and that order is total."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from heads import head
from postern_core.lints.shadowed import shadowed
from postern_core.precedence import path_order, route_order
from postern_core.snapshot import PathMatch, Route, ValueMatch
from postern_dataplane.request.target import Target
from postern_dataplane.table.compiled import CompiledRoute
from postern_dataplane.table.virtual_hosts import VirtualHosts, mismatch, path_matches

PATHS = st.lists(st.sampled_from(["a", "ab", "b", "c%2Fd"]), max_size=4).map(lambda it: "/" + "/".join(it))
REQUESTED = st.builds(lambda path, slash: path + slash if path != "/" else path, PATHS, st.sampled_from(["", "/"]))
MATCHES = st.one_of(
    st.builds(PathMatch, type=st.just("Exact"), value=REQUESTED),
    st.builds(PathMatch, type=st.just("Prefix"), value=PATHS),
    st.builds(
        PathMatch,
        type=st.just("Regex"),
        value=st.sampled_from(["/", "/a.*", ".*", "/[ab]+", "(?s).*", "/(a|b)?b?/.*"]),
        below=PATHS,
    ),
)
HEADERS = st.just((ValueMatch(name="x-a", type="Exact", value="1"),)) | st.just(())


@st.composite
def routes(draw):
    number = draw(st.integers(0, 999))
    return Route(
        id=f"Route/n/{number}",
        namespace="n",
        name=str(number),
        created=draw(st.sampled_from(["", "2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z"])),
        hosts=("*",),
        paths=tuple(draw(st.lists(MATCHES, min_size=1, max_size=3))),
        backend="",
        service="",
        methods=draw(st.sampled_from([(), ("GET",), ("POST",)])),
        headers=draw(HEADERS),
    )


SETS = st.lists(routes(), max_size=8, unique_by=lambda route: route.id)


def searched(rows, target, request):
    """The first of all routes that match, in order of precedence."""
    matching = [
        (row.entry.is_default, path_order(match), route_order(row.entry), row.id)
        for row in rows
        if mismatch(row, target, request) is None
        for match in row.entry.paths
        if path_matches(target.path, match)
    ]
    return min(matching)[3] if matching else None


@given(SETS, REQUESTED, st.booleans())
def test_the_index_finds_what_a_search_would(entries, path, has_header):
    """For every path, with and without what a route asks for."""
    rows = [CompiledRoute(entry, None, None) for entry in entries]
    request = head(path, *([("X-A", "1")] if has_header else []))
    target = Target("h", "h", path, None, has_encoded_slash=False)
    found = VirtualHosts(rows).find("h")
    taken = found.find(target, request) if found else None
    assert searched(rows, target, request) == (taken and taken.id)


@given(SETS)
def test_no_two_routes_are_equal(entries):
    """Of two different routes one always precedes the other."""
    assert len(entries) == len({str(route_order(entry)) for entry in entries})


@given(SETS)
def test_the_order_of_routes_is_no_matter(entries):
    """A table is the same from every order."""
    rows = [CompiledRoute(entry, None, None) for entry in entries]
    orders = [[row.id for row in found.rows] for it in (rows, rows[::-1]) if (found := VirtualHosts(it).find("h"))]
    assert orders[:1] == orders[1:]


@given(SETS, REQUESTED, st.sampled_from(["GET", "POST"]), st.sampled_from([(), (("X-A", "1"),)]))
def test_a_route_that_is_said_to_be_shadowed_is_never_found(entries, path, method, headers):
    """A warning that is wrong would have people remove what they need."""
    request = head(path, *headers, method=method)
    target = Target("h", "h", path, None, has_encoded_slash=False)
    host = VirtualHosts([CompiledRoute(entry, None, None) for entry in entries]).find("h")
    found = host.find(target, request) if host else None
    assert found is None or found.id not in {entry.id for entry, _ in shadowed(entries)}
