"""The `cors` block: what of it is refused, and what becomes of it in the snapshot."""

from __future__ import annotations

import pytest

from manifests import compiled, mistakes, route, service
from postern_core.lint import LINTS
from postern_core.lints.cors import token_header_is_not_allowed
from postern_core.snapshot_callers import Cors

ORIGIN = "https://a.example"
CORS = {"allowOrigins": [ORIGIN]}


def cors_of(service_cors=None, **route_spec):
    """What the one route of a Service says of CORS."""
    spec = {} if service_cors is None else {"cors": service_cors}
    [entry] = compiled(service(**spec), route(**route_spec)).snapshot.routes
    return entry.cors


@pytest.mark.parametrize("field", ["allowOrigins", "allowMethods", "allowHeaders", "exposeHeaders"])
def test_no_list_holds_everything_together_with_credentials(field):
    """Browsers take * for a plain name then, and an origin that is echoed would let every page read what is private."""
    cors = CORS | {"allowCredentials": True}
    assert {} == mistakes(service(cors=cors))
    assert ["spec.cors.allowCredentials"] == list(mistakes(service(cors=cors | {field: ["*"]})))
    assert {} == mistakes(service(cors=CORS | {field: ["*"]}))


@pytest.mark.parametrize(
    "origin",
    [
        "https://a.example/", "https://a.example/x", "a.example", "//a.example", "null", "https://A.example", "",
        "https://a.*.example", "https://*", "https://*a.example", "https://a.example:", "https://a.example:0",
        "https://u@a.example", "https://a.example?x", "https://a..example", "https://a.example\n", "https://ä.example",
    ],
)  # fmt: skip
def test_an_origin_that_no_browser_sends_is_refused(origin):
    """An origin that no browser sends would never match, and look as if it did."""
    assert ["spec.cors.allowOrigins[0]"] == list(mistakes(service(cors={"allowOrigins": [origin]})))
    assert ["spec.cors.allowOrigins[0]"] == list(mistakes(service(), route(cors={"allowOrigins": [origin]})))


@pytest.mark.parametrize(
    "origin",
    ["https://*.a.example", "http://localhost:3000", "http://[::1]:3000", "capacitor://localhost", "https://a:8443"],
)
def test_an_origin_as_browsers_send_it_is_taken(origin):
    """Origins of apps, and of machines without a domain, are origins too."""
    assert {} == mistakes(service(cors={"allowOrigins": [origin]}))


@pytest.mark.parametrize("origin", ["https://a.example:443", "http://a.example:80"])
def test_the_default_port_is_refused(origin):
    """Browsers leave out the port of the scheme, so that such an origin would never match."""
    assert "leave out" in mistakes(service(cors={"allowOrigins": [origin]}))["spec.cors.allowOrigins[0]"]


def test_a_null_is_no_cors():
    """A null could mean the Service's cors, or none, so it is refused."""
    assert ["spec.cors"] == list(mistakes(service(), route(cors=None)))


def test_the_block_of_the_service_holds_until_a_route_has_its_own():
    """A Route's cors replaces the Service's whole, also with one that allows nothing."""
    assert Cors((ORIGIN,)) == cors_of(CORS)
    assert Cors(("*",)) == cors_of(CORS | {"allowMethods": ["PUT"]}, cors={"allowOrigins": ["*"]})
    assert Cors(()) == cors_of(CORS, cors={"allowOrigins": []})
    assert cors_of() is None


def test_ages_are_whole_seconds():
    """Access-Control-Max-Age has whole seconds, so a rest is cut off."""
    assert Cors((ORIGIN,), max_age_s=61) == cors_of(CORS | {"maxAge": "1m1s999ms"})


@pytest.mark.parametrize("cors", [{"allowOrigins": "*"}, {"allowOrigin": ["*"]}, {}, [], None])
def test_a_block_that_can_not_be_read_allows_nothing(cors):
    """An unreadable cors refuses the Route, or all Routes of the Service, and no page is allowed to call them."""
    for documents in ([service(cors=CORS), route(cors=cors)], [service(cors=cors), route()]):
        [entry] = compiled(*documents).snapshot.routes
        assert (True, None) == (bool(entry.refusal), entry.cors)


@pytest.mark.parametrize(
    ("places", "cors", "is_found"),
    [
        ([{"header": "Authorization"}], {}, True),
        ([{"header": "Authorization"}], {"allowHeaders": ["*"]}, True),
        ([{"header": "Authorization"}], {"allowHeaders": ["authorization"]}, False),
        ([{"header": "X-Token"}], {"allowHeaders": ["Authorization"]}, True),
        ([{"header": "X-Token"}], {"allowHeaders": ["*"]}, False),
        ([{"header": "Authorization"}, {"header": "X-Token"}], {"allowHeaders": ["X-Token"]}, False),
        ([{"header": "Authorization"}, {"cookie": "jwt"}], {}, True),
        ([{"header": "Authorization"}, {"cookie": "jwt"}], {"allowCredentials": True}, False),
        ([{"header": "Authorization"}], {"allowCredentials": True}, True),
        ([{"cookie": "jwt"}, {"query": "jwt"}], {}, False),
        ([{"header": "Authorization"}], {"allowOrigins": []}, False),
    ],
)
def test_a_block_that_keeps_tokens_out_is_warned_about(places, cors, is_found):
    """A page that can put its token nowhere gets 401 for ever; by the Fetch standard * is not Authorization."""
    assert token_header_is_not_allowed.__name__ in LINTS
    found = compiled(service(auth={"jwt": {"from": places}}, cors=CORS | cors), route()).problems
    assert ["spec.cors.allowHeaders"] * is_found == [it.field for it in found]
