"""What is left of a broken object, so that it can be refused."""

import pytest

from manifests import compiled, route, service
from postern_core.precedence import route_order


def refused(*manifests):
    """The matches of the routes that refuse."""
    return [
        (it.hosts, it.methods, tuple((path.type, path.value) for path in it.paths))
        for it in compiled(*manifests).snapshot.routes
        if it.refusal
    ]


HOST = ("app.example.com",)


@pytest.mark.parametrize(
    ("spec", "methods", "paths"),
    [
        ({"auth": None}, (), (("Prefix", "/"),)),
        ({"auth": {"jwt": {"moed": "Required"}}, "paths": [{"type": "Exact", "value": "/a"}]}, (), (("Exact", "/a"),)),
        ({"paths": [{"type": "exact", "value": "/a"}]}, (), (("Exact", "/a"), ("Prefix", "/a"))),
        ({"paths": ["/a"]}, (), (("Exact", "/a"), ("Prefix", "/a"))),
        ({"paths": [{"type": "Prefix", "value": "a/../b"}]}, (), (("Prefix", "/b"),)),
        ({"paths": [], "methods": ["get"], "x": 1}, ("GET",), (("Prefix", "/"),)),
        ({"paths": [], "methods": ["get", 3]}, (), (("Prefix", "/"),)),
        ({"paths": [{"type": "Regex", "value": "/a.*"}], "x": 1}, (), (("Regex", "/a.*"),)),
    ],
)
def test_a_broken_route_refuses_what_it_would_have_taken(spec, methods, paths):
    """A broken route refuses its requests: it neither opens nor lets a wider route take them."""
    assert [(HOST, methods, paths)] == refused(service(), route(**spec))


READABLE = {"name": "x-a", "value": "1"}


@pytest.mark.parametrize(
    ("spec", "read", "unread"),
    [
        ({"headers": [READABLE, {"name": "x-b", "valeu": "1"}, 7]}, 1, 2),
        ({"headers": [{"name": "x-a", "type": "Regex", "value": "("}]}, 0, 1),
        ({"headers": [READABLE], "queryParams": [READABLE, None]}, 2, 1),
        ({"headers": None}, 0, 16),
        ({"queryParams": {"a": "1"}}, 0, 16),
        ({"headers": [READABLE], "x": 1}, 1, 0),
    ],
)
def test_a_match_that_cannot_be_read_counts_in_the_order_of_routes(spec, read, unread):
    """An unreadable header or parameter is met by every request, and keeps the weight that it has in the order."""
    (entry,) = (it for it in compiled(service(), route(**spec)).snapshot.routes if it.refusal)
    assert (read, unread) == (len(entry.headers) + len(entry.query_params), entry.unread_matches)
    assert read + unread == -route_order(entry)[0]


@pytest.mark.parametrize("paths", ["/a", [3], [{"type": "Exact"}], 7])
def test_a_place_that_nobody_can_read_is_not_guessed(paths):
    """It is told, and the other routes go on."""
    assert [] == refused(service(), route(paths=paths), route("good"))


@pytest.mark.parametrize("broken", [{"auth": None}, {"extra": 1}, {"pathPrefix": "v1"}, {"upstream": {}}])
def test_a_broken_service_makes_its_routes_refuse(broken):
    """At their hosts and below its prefix."""
    (refusal,) = refused(service(**broken), route(paths=[{"type": "Exact", "value": "/a"}]))

    prefix = "/v1" if "pathPrefix" in broken else ""
    assert (HOST, (), (("Exact", f"{prefix}/a"),)) == refusal


@pytest.mark.parametrize("hosts", ["app.example.com", ["APP"], 3])
def test_a_service_whose_hosts_nobody_can_read_claims_none(hosts):
    """It must not refuse for every host there is."""
    assert [] == refused(service(hosts=hosts), route())


def test_the_hosts_that_can_be_read_are_refused():
    """Those that can't are told."""
    assert [(HOST, (), (("Prefix", "/"),))] == refused(service(hosts=["app.example.com", "BAD"]), route())
