"""Preflights: which requests are some, and which routes decide about them."""

from __future__ import annotations

import pytest

from heads import head, table
from manifests import route, service
from postern_dataplane.decision.decide import decide
from postern_dataplane.decision.preflight import ANNOUNCED_BYTES_MAX
from postern_dataplane.decision.verification_cache import NullCache

ORIGIN = "https://a.example"
CORS = {"allowOrigins": [ORIGIN]}


def asked(target="/", *fields, method="GET", origin=ORIGIN):
    return head(target, ("Origin", origin), ("Access-Control-Request-Method", method), *fields, method="OPTIONS")


def outcome(table_, request):
    """The origin that is allowed, the reason of another refusal, or None for what is forwarded."""
    decision = decide(request, table_, NullCache(), 0.0)
    reason = decision.denial.reason if hasattr(decision, "denial") else None
    if reason != "cors_preflight":
        return reason
    return dict(decision.cors).get(b"Access-Control-Allow-Origin", b"nothing").decode()


def test_the_method_that_is_asked_for_decides():
    """No route has to take OPTIONS; one that does, and has no `cors`, gets those that no other route has a say in."""
    served = table(service(), route("get", methods=["GET"], cors=CORS), route("options", methods=["OPTIONS"]))
    assert [ORIGIN, None, None] == [outcome(served, asked(method=method)) for method in ("GET", "PUT", "get")]


def test_a_more_specific_route_without_cors_is_not_opened_by_a_wider_one():
    """What is allowed below / is not allowed for a path that has a route without cors."""
    served = table(service(), route(cors=CORS), route("admin", paths=[{"type": "Prefix", "value": "/admin"}]))
    assert [ORIGIN, None] == [outcome(served, asked(target)) for target in ("/", "/admin/x")]


def test_query_parameters_decide():
    """A preflight has the query of the request behind it."""
    served = table(service(), route("v1", queryParams=[{"name": "v", "value": "1"}], cors=CORS), route(methods=["PUT"]))
    assert [ORIGIN, "no_route"] == [outcome(served, asked(target)) for target in ("/?v=1", "/?v=2")]


BY_HEADER = {"headers": [{"name": "X-Tenant", "value": "a"}]}
OTHER = {"allowOrigins": ["https://b.example"]}


@pytest.mark.parametrize(
    ("of_the_tenant", "of_all", "announced", "expected"),
    [
        (CORS, CORS, "x-tenant", ORIGIN),
        (CORS, OTHER, "x-tenant", "nothing"),
        (OTHER, CORS, "x-tenant", "nothing"),
        (None, CORS, "X-A , X-TENANT", "nothing"),
        (CORS, None, "x-tenant", "nothing"),
        (OTHER, CORS, "x-a", ORIGIN),
        (CORS, None, "x-a", None),
    ],
)
def test_a_header_that_is_yet_to_come_may_lead_to_either_route(of_the_tenant, of_all, announced, expected):
    """Where routes differ by a header that the page will set, only what both allow is allowed."""
    documents = [
        route("tenant", **BY_HEADER, **({"cors": of_the_tenant} if of_the_tenant else {})),
        route("all", **({"cors": of_all} if of_all else {})),
    ]
    request = asked("/", ("Access-Control-Request-Headers", announced))
    assert expected == outcome(table(service(), *documents), request)


@pytest.mark.parametrize(
    "request_",
    [
        head("/", ("Origin", ORIGIN), method="OPTIONS"),
        head("/", ("Access-Control-Request-Method", "GET"), method="OPTIONS"),
        asked("/", ("Origin", ORIGIN)),
        asked("/", ("Access-Control-Request-Method", "PUT")),
        asked("/", ("Access-Control-Request-Headers", "x," * ANNOUNCED_BYTES_MAX)),
    ],
)
def test_what_is_no_preflight_goes_the_normal_way(request_):
    """One field of each name makes a preflight, and what no page would send is none."""
    assert None is outcome(table(service(cors=CORS), route()), request_)
    assert "missing_token" == outcome(table(service(cors=CORS, auth={"jwt": {}}), route()), request_)


def test_a_refused_route_allows_nothing():
    """A route whose manifest can't be used allows no page anything, whatever stands in its `cors`."""
    broken = [route(methods=["GET"], cors={"allowOrigins": "*"}), route("put", methods=["PUT"], cors=CORS, x=1)]
    assert ["no_route"] * 2 == [outcome(table(service(), *broken), asked(method=it)) for it in ("GET", "PUT")]


def test_a_text_that_is_too_long_for_a_pattern_is_refused_as_ever():
    """No preflight makes the patterns of a host cost more than a request may."""
    pattern = [{"name": "v", "type": "Regex", "value": "a+"}]
    served = table(service(cors=CORS), route(queryParams=pattern))
    assert "uri_too_long" == outcome(served, asked(f"/?v={'a' * 60_000}"))
