"""A request on a connection that was opened for a host of another certificate, explained."""

from __future__ import annotations

import pytest

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


@pytest.mark.parametrize(
    ("url", "which"),
    [
        ("https://app.example.com/", '"app.example.com" (SNI), for which that of Secret default/app-tls is shown'),
        ("https://192.0.2.1/", "no name (SNI), for which one of the gateway's own is shown"),
        ("http://other.example.com/", None),
    ],
)
def test_the_certificate_is_named(url, which):
    """A request over TLS is explained with the certificate of its connection, and one without TLS has none."""
    trace = explained(url, "Host: app.example.com")
    found = [step.detail for step in trace.steps if "certificate" in step.title]
    assert ([which] if which else []) == found
    assert trace.decision.head.method == "GET"
