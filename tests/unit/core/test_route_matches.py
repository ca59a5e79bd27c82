"""What a route takes, as the snapshot has it."""

import pytest

from postern_core.link.route_matches import path_matches, value_matches
from postern_core.resources.route import HeaderMatch, QueryParamMatch, RoutePath
from postern_core.snapshot import ValueMatch


@pytest.mark.parametrize(
    ("prefix", "type_", "value", "expected"),
    [
        ("/", "Exact", "/a", [("Exact", "/a", "/")]),
        ("/v1", "Exact", "/a", [("Exact", "/v1/a", "/")]),
        ("/v1", "Exact", "/", [("Exact", "/v1/", "/"), ("Exact", "/v1", "/")]),
        ("/v1/", "Exact", "/", [("Exact", "/v1/", "/"), ("Exact", "/v1", "/")]),
        ("/", "Exact", "/", [("Exact", "/", "/")]),
        ("/v1", "Prefix", "/", [("Prefix", "/v1", "/")]),
        ("/", "Prefix", "/", [("Prefix", "/", "/")]),
        ("/", "Prefix", "/a/", [("Prefix", "/a", "/")]),
        ("/v1", "Regex", "/a.*", [("Regex", "/a.*", "/v1")]),
        ("/", "Regex", "/a.*", [("Regex", "/a.*", "/")]),
    ],
)
def test_a_path_stands_below_the_prefix_of_its_service(prefix, type_, value, expected):
    """The whole path is what a request is compared with."""
    matches = path_matches((RoutePath(type=type_, value=value),), prefix)

    assert expected == [(it.type, it.value, it.below) for it in matches]


def test_names_of_headers_are_in_lower_case():
    """Names in a query keep theirs, as an application tells them apart."""
    headers = value_matches((HeaderMatch(name="X-Tenant", value="a"),))
    params = value_matches((QueryParamMatch(name="Tenant", value="a"),))

    assert (ValueMatch(name="x-tenant", type="Exact", value="a"),) == headers
    assert (ValueMatch(name="Tenant", type="Exact", value="a"),) == params
