"""The decision about a request, step by step."""

from __future__ import annotations

import pytest

from heads import PROTECTED, bearer, head, outcome, protected, sent, signed, table
from manifests import consumer, route, service
from postern_dataplane.decision.decide import decide, host_field
from postern_dataplane.decision.outcome import Forward, Reject
from postern_dataplane.decision.verification_cache import NullCache

EXACT = [{"type": "Exact", "value": "/admin"}]


def test_a_good_request_is_forwarded():
    """With its upstream, its route and who calls."""
    decision = decide(head("/", bearer(signed())), table(*PROTECTED), NullCache(), 0)
    assert isinstance(decision, Forward)
    assert ("Service/default/app", "Route/default/all", "alice") == (
        decision.upstream.id, decision.route.id, decision.consumer,
    )  # fmt: skip


def test_a_refusal_names_its_route():
    """For the log; before there is one, it names none."""
    tables = (table(*PROTECTED), table())
    found = [decide(head(), it, NullCache(), 0) for it in tables]
    assert ["Route/default/all", None] == [it.route and it.route.id for it in found if isinstance(it, Reject)]


def test_nobody_is_named_on_an_open_route():
    """Whatever the client says of itself."""
    assert "" == decide(head("/", bearer(signed())), table(service(), route()), NullCache(), 0).consumer


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((), (None, False)),
        (((b"HOST", b"a"),), (b"a", False)),
        (((b"Host", b"a"), (b"host", b"a")), (b"a", True)),
        (((b"Host", b""), (b"X", b"b")), (b"", False)),
    ],
)
def test_there_is_one_host(lines, expected):
    """Two equal ones are two."""
    assert expected == host_field(head("/", *lines, host=None))


@pytest.mark.parametrize(
    ("target", "more", "expected"),
    [
        ("/", {}, "forwarded"),
        ("*", {"method": "OPTIONS"}, "bad_request"),
        ("/", {"method": "TRACE"}, "method_not_allowed"),
        ("/", {"host": "other.example.com"}, "no_route"),
        ("/", {"host": "a@app.example.com"}, "bad_request"),
        ("/", {"host": None}, "bad_request"),
        ("/", {"host": None, "http_minor": 0}, "no_route"),
        ("http://user@app.example.com/", {}, "bad_request"),
        ("/%2f", {}, "bad_request"),
        ("/%2f", {"host": "other.example.com"}, "bad_request"),
    ],
)
def test_a_request_is_read_before_anything_is_decided(target, more, expected):
    """What has no single reading has no route."""
    assert expected == outcome(table(service(), route()), head(target, **more))


def test_two_hosts_are_refused():
    """RFC 9112, section 3.2."""
    assert "bad_request" == outcome(table(service(), route()), head("/", ("host", "app.example.com")))


def test_a_route_that_refuses_does_so_before_it_looks_at_a_token():
    """A route with a refusal refuses before a token is read, and no wider route takes the request."""
    broken = route("admin", paths=EXACT, auth={"jwt": {"mode": "Requierd"}})
    table_ = table(service(), route(), broken)
    assert ["route_refused", "forwarded"] == [outcome(table_, head(path)) for path in ("/admin", "/x")]


@pytest.mark.parametrize("path", ["/admin", "//admin", "/./admin", "/x/../admin", "/%61dmin", "/%2e/admin", "/admin/."])
def test_no_spelling_slips_past_an_exact_route(path):
    """All are one path, or another that is refused."""
    guarded = route("admin", paths=[{"type": "Prefix", "value": "/admin"}], auth={"jwt": {}})
    assert "missing_token" == outcome(table(service(), route(), guarded), head(path))


def test_a_token_is_asked_for_before_it_is_known_whether_the_upstream_lives():
    """A stranger learns nothing of it."""
    web = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}}
    table_ = table(service(upstream={"service": {"name": "web", "port": 80}}), web, *PROTECTED[1:])
    found = [outcome(table_, head("/", *lines)) for lines in ((), (bearer(signed()),))]
    assert ["missing_token", "upstream_unavailable"] == found


@pytest.mark.parametrize(
    ("keeps", "target", "expected"),
    [(True, "/a%2fb", "forwarded"), (False, "/a%2fb", "bad_request"), (True, "/x%2Fb", "forwarded")],
)
def test_an_encoded_slash_is_the_service_s_affair(keeps, target, expected):
    """It is refused unless kept."""
    table_ = table(service(encodedSlashes="Keep" if keeps else "Reject"), route())
    assert expected == outcome(table_, head(target))


def test_a_kept_slash_is_matched_and_forwarded_in_one_form():
    """It divides no segments in either."""
    guarded = route("admin", paths=[{"type": "Prefix", "value": "/admin"}], auth={"jwt": {}})
    table_ = table(service(encodedSlashes="Keep"), route(), guarded)
    assert "/admin%2Fx" == sent(table_, head("/admin%2fx"))[0]
    assert "/x%5Cadmin" == sent(table_, head("/x\\admin"))[0]
    assert ["bad_request"] * 2 == [outcome(table_, head(path)) for path in ("/x%2f..%2fadmin", "/x\\..\\admin")]


def test_a_path_that_nobody_takes_is_not_found_where_slashes_are_kept():
    """A route might have taken it."""
    table_ = table(service(encodedSlashes="Keep"), route(paths=EXACT))
    assert "no_route" == outcome(table_, head("/x%2fy"))


def test_an_anonymous_consumer_passes_where_it_is_allowed():
    """By name, as everybody."""
    policy = {"mode": "Optional", "anonymousConsumer": {"name": "guest"}, "allow": {"consumers": ["guest"]}}
    table_ = table(service(), route(auth={"jwt": policy}), consumer("guest"))
    assert ("X-Consumer-Username", "guest") in sent(table_, head())[1]


def test_a_revocation_holds_from_the_next_table_on():
    """What an earlier table remembers dies with it."""
    token = bearer(signed(jti="stolen"))
    before = table(*PROTECTED)
    revoked = {**PROTECTED[3], "spec": PROTECTED[3]["spec"] | {"revoked": {"jtis": ["stolen"]}}}
    after = table(*PROTECTED[:3], revoked, PROTECTED[4])
    assert ["forwarded", "forwarded", "revoked"] == [outcome(it, head("/", token)) for it in (before, before, after)]


def test_leeway_reaches_the_decision():
    """From the manifest to the clock."""
    token = bearer(signed(exp=1_900_000_000 - 5))
    assert ["expired", "forwarded"] == [outcome(protected(leeway=it), head("/", token)) for it in ("5s", "6s")]


@pytest.mark.parametrize(
    ("target", "option", "expected"),
    [
        ("/admin;x", {}, "forwarded"),
        ("/admin;x", {"pathParameters": "Reject"}, "bad_request"),
        ("/%2561dmin", {}, "forwarded"),
        ("/%2561dmin", {"doubleEncoding": "Reject"}, "bad_request"),
    ],
)
def test_a_path_parameter_does_not_lead_around_a_protected_prefix(target, option, expected):
    """`/admin;x` beside Prefix `/admin` and a public `/` falls to the public route, unless the Service refuses it."""
    admin = route("admin", paths=[{"type": "Prefix", "value": "/admin"}], auth={"jwt": {}})
    assert expected == outcome(table(service(**option), route(), admin), head(target))
