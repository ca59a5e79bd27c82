"""A Route that can't be read whole refuses every request that it would have taken, whatever else takes it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from heads import head, outcome, table
from manifests import route, service

OLDER, NEWER = "2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z"
NAMES = ("x-a", "x-b", "x-c")
GARBAGE = st.sampled_from([None, 7, "x-a", {"name": "x-a"}, {"name": "x-a", "value": "1", "typo": 1}])
NO_PATTERN = {"name": "x-a", "type": "Regex", "value": "("}


def asked(names):
    return [{"name": name, "value": "1"} for name in names]


@st.composite
def specs(draw):
    """A Route's constraints, and the same with one or more that can't be read."""
    whole = {
        "headers": asked(draw(st.lists(st.sampled_from(NAMES), unique=True))),
        "queryParams": asked(draw(st.lists(st.sampled_from(NAMES), unique=True))),
        "methods": draw(st.sampled_from([[], ["GET"], ["GET", "PUT"]])),
    }
    broken = {field: list(values) for field, values in whole.items()} | {"typo": 1}
    for field, values in broken.items():
        if field == "methods" and values:
            values[draw(st.integers(0, len(values) - 1))] = draw(st.sampled_from([None, 7, "P UT"]))
        elif isinstance(values, list):
            for index in draw(st.sets(st.integers(0, len(values) - 1))) if values else ():
                values[index] = draw(GARBAGE | st.just(NO_PATTERN))
    for field in draw(st.sets(st.sampled_from(["headers", "queryParams"]))):
        broken[field] = draw(st.just(broken[field]) | st.none() | st.just("x") | st.just({"x-a": "1"}))
    return whole, broken


@given(specs(), st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)), st.sampled_from(["GET", "PUT"]))
def test_a_broken_route_refuses_what_it_would_have_taken(spec, given_headers, given_params, method):
    """No older route with fewer constraints takes a request that belongs to a broken one."""
    whole, broken = spec
    others = [route(f"older{n}", created=OLDER, headers=asked(NAMES[:n])) for n in range(len(NAMES) + 1)]
    query = "&".join(f"{name}=1" for name in sorted(given_params))
    request = head(f"/?{query}", *((name, "1") for name in sorted(given_headers)), method=method)
    mine = outcome(table(service(), *others, route("mine", created=NEWER, **whole, auth={"jwt": {}})), request)
    if mine != "forwarded":
        assert "route_refused" == outcome(table(service(), *others, route("mine", created=NEWER, **broken)), request)
