"""Why a route takes a request, or doesn't."""

from __future__ import annotations

import pytest

import manifests
from heads import head
from postern_cli.explanation.routes import RouteNote, route_notes
from postern_dataplane.decision.decide import find_route
from postern_dataplane.request.denials import Denial
from postern_dataplane.request.target import read_target
from postern_dataplane.table.routing_table import build_table


def notes_of(*routes, target="/a?q=1", method="GET", **service):
    table = build_table(manifests.compiled(manifests.service(**service), *routes).snapshot, "")
    asked = head(target, method=method)
    read = read_target(asked, b"app.example.com")
    row = find_route(asked, read, table)
    return route_notes(table.hosts.find(read.host), read, asked, None if isinstance(row, Denial) else row)


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"paths": [{"type": "Exact", "value": "/b"}]}, "its paths are Exact /b"),
        ({"methods": ["POST", "PUT"]}, "its methods are POST, PUT"),
        ({"headers": [{"name": "X-Tenant", "value": "a"}]}, 'it wants header x-tenant to be "a"'),
        (
            {"queryParams": [{"name": "q", "type": "Regex", "value": "[a-z]"}]},
            'it wants query parameter q to be like "[a-z]"',
        ),
    ],
)
def test_a_route_that_does_not_take_it_says_why(spec, why):
    """By the first thing that is missing."""
    assert [RouteNote("default/all", "doesn't", why)] == notes_of(manifests.route(**spec))


def test_the_route_that_takes_it_comes_first():
    """The others would have, but come later."""
    first = manifests.route("z", paths=[{"type": "Exact", "value": "/a"}], methods=["GET"])
    assert [
        RouteNote("default/z", "takes it", "GET, Exact /a"),
        RouteNote(
            "default/all", "comes later", "it would take this too (every method, Prefix /), but default/z comes first"
        ),
    ] == notes_of(manifests.route(), first)


def test_a_pattern_says_below_what_it_is_matched():
    """A pattern is below the service's prefix."""
    notes = notes_of(manifests.route(paths=[{"type": "Regex", "value": "/x+"}]), pathPrefix="/v1")
    assert "its paths are Regex /x+ below /v1" == notes[0].why


def test_an_encoded_slash_is_told():
    """A route that has everything but encodedSlashes: Keep."""
    assert [RouteNote("default/all", "doesn't", "it takes no encoded slash")] == notes_of(
        manifests.route(), target="/a%2Fb"
    )
