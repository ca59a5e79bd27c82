"""A request on a connection that was opened for a host of another certificate, explained."""

from __future__ import annotations

from certificates import Authority, tls_secret
from manifests import compiled, route, service
from postern_cli.explanation.request import written_request
from postern_cli.explanation.steps import Outcome
from postern_cli.explanation.trace import explain
from postern_dataplane.table.routing_table import build_table

TLS = {"certificateRefs": [{"name": "app-tls"}]}


def explained(url, *headers):
    pair = Authority("test CA").issue("app.example.com")
    other = service("other", hosts=["other.example.com"])
    objects = [service(tls=TLS), route(), other, route("other", serviceRef={"name": "other"}), tls_secret(pair)]
    table = build_table(compiled(*objects).snapshot, "")
    return explain(written_request("GET", url, headers).read(), table, 0.0)


def test_the_other_host_is_named():
    """The step that refuses says for which host the connection was opened, as the decision has it."""
    trace = explained("https://other.example.com/", "Host: app.example.com")
    [refused] = [step for step in trace.steps if step.outcome is Outcome.REFUSED]
    assert ("misdirected", 421) == (refused.reason, trace.decision.denial.status)
    assert "(SNI)" in refused.detail


def test_a_request_for_the_host_of_its_connection_passes():
    """Nothing is said of certificates then, nor of a request without TLS."""
    for url in ("https://app.example.com/", "http://other.example.com/"):
        trace = explained(url, "Host: app.example.com")
        assert not any("certificate" in step.title for step in trace.steps if step.outcome is not Outcome.OK)
        assert trace.decision.head.method == "GET"
