"""An explanation as text; that it quotes no token is tested with the walk."""

from __future__ import annotations

import click
import pytest

import manifests
from heads import head
from postern_cli.explanation.redaction import Redaction
from postern_cli.explanation.routes import ROUTES_MAX
from postern_cli.explanation.text import text_of
from postern_cli.explanation.trace import explain
from postern_dataplane.table.routing_table import build_table


def text(*documents, method="GET", target="/", fields=()):
    asked = head(target, *fields, method=method)
    table = build_table(manifests.compiled(*documents).snapshot, "")
    return click.unstyle("\n".join(text_of(explain(asked, table, 0.0), Redaction([]))))


def test_an_answer_is_shown_as_the_client_gets_it():
    """Status, fields and body; the date is left out."""
    told = text(manifests.service(auth={"jwt": {}}), manifests.route())
    assert told.endswith(
        """\
Refused; the client gets
  HTTP/1.1 401 Unauthorized
  Content-Type: application/json
  Content-Length: 42
  WWW-Authenticate: Bearer realm="postern"

  {"message":"Missing JWT token in request"}

The reason, for the log and the metrics only: missing_token."""
    )


def test_a_body_of_ones_own_is_shown_line_by_line():
    """A body is shown in its own encoding, without what a terminal would obey."""
    body = {"status": 401, "contentType": "text/plain", "body": "Grüße\n\tDate: \u009b2J\n"}
    told = text(manifests.service(auth={"jwt": {}}, responses={"bodies": [body]}), manifests.route())
    assert '  WWW-Authenticate: Bearer realm="postern"\n\n  Grüße\n          Date: ?2J\n\nThe reason' in told


PAGE = (b"Origin", b"https://a.example")
CORS = {"allowOrigins": ["https://a.example"]}


def test_a_preflight_is_told_as_the_browser_gets_it():
    """It is no refusal, and no token is looked for."""
    fields = [PAGE, (b"Access-Control-Request-Method", b"GET")]
    documents = [manifests.service(auth={"jwt": {}}, cors=CORS), manifests.route(methods=["GET"])]
    told = text(*documents, method="OPTIONS", fields=fields)
    assert "default/all, and its page's origin is allowed [cors_preflight]" in told
    assert "Answered by the gateway; the client gets\n  HTTP/1.1 204 No Content\n" in told
    assert "  Access-Control-Allow-Origin: https://a.example\n" in told
    fields[0] = (b"Origin", b"https://evil.example")
    assert "its page's origin is not allowed" in text(*documents, method="OPTIONS", fields=fields)


def test_what_the_answer_allows_a_page_is_told():
    """The response is another than the upstream's then."""
    told = text(manifests.service(cors=CORS), manifests.route(), fields=[PAGE])
    assert "Access-Control-* fields\n  Access-Control-Allow-Origin: https://a.example\n  Vary: Origin\n" in told


def test_an_address_that_may_not_call_is_named():
    """The step is told with the address that was looked at, and no token is asked for."""
    told = text(manifests.service(clients={"deny": ["192.0.2.0/24"]}, auth={"jwt": {}}), manifests.route())
    assert "  refused      its client may call from its address: 192.0.2.1 [client_not_allowed]\n" in told
    assert "\n  HTTP/1.1 403 Forbidden\n" in told
    told = text(manifests.service(clients={"allow": ["192.0.2.0/24"]}), manifests.route())
    assert "  ok           its client may call from its address: 192.0.2.1\n" in told


def test_the_answer_to_head_has_no_body():
    """As the data port sends it."""
    assert '{"message"' not in text(manifests.service(auth={"jwt": {}}), manifests.route(), method="HEAD")


@pytest.mark.parametrize(
    ("upstream", "where"),
    [
        ({"url": "https://httpbin.org"}, "https://httpbin.org:443 (Service/default/app)"),
        (
            {"endpoints": [{"address": "fd00::1", "port": 1}, {"address": "10.0.0.7", "port": 2}]},
            "http://[fd00::1]:1, or one of 1 more (Service/default/app)",
        ),
        (
            {"url": "http://[::1]:1"},
            "http://[::1]:1 (Service/default/app; ::1 is loopback: see --allowed-upstreams of the gateway)",
        ),
    ],
)
def test_where_it_goes_is_shown(upstream, where):
    """The first address, and how many others there are."""
    assert f"Forwarded to {where} as\n  GET / HTTP/1.1\n" in text(
        manifests.service(upstream=upstream), manifests.route()
    )


def test_a_request_without_a_reading_is_shown_as_it_came():
    """There is no path to show."""
    assert text(manifests.service(), target="/%zz").startswith("Request\n  method  GET\n  target  /%zz\n\nChecks\n")


def test_many_routes_are_counted():
    """A screen is for the first of them."""
    routes = [manifests.route(f"r{n}", paths=[{"type": "Exact", "value": f"/{n}"}]) for n in range(ROUTES_MAX + 5)]
    assert "  and 5 more routes" in text(manifests.service(), *routes)


def test_a_prefix_that_comes_back_is_told():
    """The response is another than the upstream's then."""
    told = text(manifests.service(pathPrefix="/v1", restorePathPrefix=True), manifests.route(), target="/v1/a")
    assert "Location and cookie paths of the answer come back below /v1." in told


def test_what_is_changed_of_the_answer_is_told():
    """The request is shown as the application gets it, and the changes of its answer field by field."""
    changes = {"set": [{"name": "X-A", "value": "1"}], "add": [{"name": "X-B", "value": "2"}], "remove": ["Server"]}
    told = text(manifests.service(requestHeaders={"set": changes["set"]}, responseHeaders=changes), manifests.route())
    assert "\n  X-A: 1\n  X-Forwarded-For: 192.0.2.1\n" in told
    assert "Its answer is changed\n  set     X-A: 1\n  add     X-B: 2\n  remove  server\n" in told


def test_the_policy_of_an_ingress_is_named():
    """It is an object of its own, which the Ingress need not name."""
    target = {"group": "networking.k8s.io", "kind": "Ingress", "name": "site"}
    policy = manifests.jwt_policy(targetRefs=[target])
    told = text(manifests.ingress_class(), *manifests.kubernetes_service(), policy, manifests.ingress())
    assert "a JWTPolicy protects it: default/signed" in told


def test_a_split_names_each_share():
    """An explanation says how many requests go where, and which are refused."""
    upstreams = [
        {"service": {"name": "gone", "port": 80}},
        {"endpoints": [{"address": "::1", "port": 81}, {"address": "10.0.0.2", "port": 82}], "weight": 90},
        {"url": "https://a.example", "weight": 0},
    ]
    told = text(manifests.service(upstream=None, upstreams=upstreams), manifests.route())
    assert "2 of 3 upstreams, over which its requests are split, can be used" in told
    assert "Forwarded to http://[::1]:81, or one of 1 more (Service/default/app/1" in told
    lines = [
        "Its route is split; of 91 requests",
        "   1  are answered 503: it can't be used (Service/default/app)",
        "  90  go to [::1]:81, or one of 1 more (Service/default/app/1)",
        "   0  go to a.example:443 (Service/default/app/2)",
    ]
    assert "\n".join(lines) in told


def test_a_redirect_is_told_as_the_client_gets_it():
    """It is no refusal, no token is looked for, and a request that is at the address goes on."""
    documents = [manifests.service(auth={"jwt": {}}, redirect={"hostname": "b.example"}), manifests.route()]
    told = text(*documents)
    assert "refused      it is where its route sends clients: http://b.example/ [redirected]" in told
    assert "Answered by the gateway; the client gets\n  HTTP/1.1 302 Found\n" in told
    assert "  Location: http://b.example/\n" in told
    documents[0] = manifests.service(redirect={"hostname": "app.example.com"})
    assert "ok           it is where its route sends clients\n" in text(*documents)


def test_attempts_are_said():
    """An explanation says after which statuses a request is sent again, and how long it may take."""
    attempts = {"retry": {"codes": [503, 429]}, "timeouts": {"request": "1m", "backendRequest": "1500ms"}}
    lines = ["1 more after 429, 503, with an idempotent method", "all end after 60 s", "each ends after 1.5 s"]
    told = text(manifests.service(), manifests.route(**attempts))
    assert "\n  ".join(["Its attempts", *lines]) in told
    assert "Its attempts" not in text(manifests.service(), manifests.route())


def test_what_an_upstream_changes_is_said_of_its_share():
    """Below the share of an upstream stand the header fields that it changes, and by themselves where it is alone."""
    set_ = {"set": [{"name": "X-Version", "value": "canary"}]}
    changing = {"url": "http://b.example", "requestHeaders": set_, "responseHeaders": {"remove": ["Server"]}}
    told = text(manifests.service(upstream=None, upstreams=[{"url": "http://a.example"}, changing]), manifests.route())
    changes = ("requests   set     X-Version: canary", "responses  remove  server")
    below = "".join(f"       {line}\n" for line in changes)
    assert f"  1  go to b.example:80 (Service/default/app/1)\n{below}" in told
    alone = text(manifests.service(upstream=None, upstreams=[changing]), manifests.route())
    assert "Its upstream changes besides\n" + "".join(f"  {line}\n" for line in changes) in alone
    assert "X-Version: canary" in alone.partition("Its upstream changes")[0]


def test_mirrors_are_said():
    """An explanation says of how many requests copies go where, and a mirror makes no split."""
    mirrors = [{"url": "http://b.example/x", "percent": 10}, {"service": {"name": "gone", "port": 80}}]
    told = text(manifests.service(mirrors=mirrors), manifests.route())
    assert "Copies of its requests go\n  10 of 100  to b.example:80 (Service/default/app/mirror/0)\n" in told
    assert "split" not in told
