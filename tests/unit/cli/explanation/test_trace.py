"""The walk ends where the decision ends, for every request of the golden cases."""

from __future__ import annotations

import functools
from datetime import UTC, datetime

import pytest

import cases
import manifests
import tokens
from heads import head_of, head_with
from postern_cli.explanation.redaction import Redaction
from postern_cli.explanation.steps import Outcome
from postern_cli.explanation.text import text_of
from postern_cli.explanation.trace import explain
from postern_core.compile import compile_snapshot
from postern_dataplane.decision.decide import decide
from postern_dataplane.decision.outcome import Forward, Reject
from postern_dataplane.decision.verification_cache import NullCache
from postern_dataplane.table.routing_table import build_table
from postern_dataplane.table.table_settings import TableSettings, proxy_trust
from postern_operator.validators import VALIDATORS

NOW = datetime(2030, 1, 1, tzinfo=UTC)
# Where everything is redirected, nothing is decided.
CASES = [
    case for case in cases.cases() if cases.requests_of(case) and cases.settings_of(case).redirect_to_https is None
]


@functools.cache
def told(case):
    """Each request of a case with its token, what is decided of it, and its explanation."""
    return list(_told(case))


def _told(case):
    resources = cases.objects_of(case)
    settings = cases.settings_of(case)
    snapshot = compile_snapshot(
        resources, inspectors=VALIDATORS, gateway=settings.gateway, require_policy=settings.require_policy
    ).snapshot
    table = build_table(snapshot, "digest", TableSettings(proxy_trust(settings.trusted_proxies)))
    requests = cases.requests_of(case)
    now_s = (requests.now or NOW).timestamp()
    credentials = {f"{entry.namespace}/{entry.name}": entry for entry in snapshot.credentials}
    for request in requests.requests:
        token = tokens.mint(request.token, now_s, credentials) if request.token else ""
        head = head_of(request, token)
        text = "\n".join(
            text_of(explained := explain(head, table, now_s), Redaction(snapshot.policies, explained.token))
        )
        yield request, token, decide(head, table, NullCache(), now_s), explained, text


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_steps_end_as_the_decision_does(case):
    """A refusal's reason is that of the one refused step; what is forwarded has none."""
    for request, _, decision, explained, _ in told(case):
        refused = [step.reason for step in explained.steps if step.outcome is Outcome.REFUSED]
        expected = [decision.denial.reason] if isinstance(decision, Reject) else []
        assert (request.name, expected) == (request.name, refused)
        assert type(decision) is type(explained.decision)
        assert isinstance(decision, Forward) == (explained.steps[-1].outcome is Outcome.OK)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_token_and_no_secret_is_printed(case):
    """Whatever the request was, and wherever its token stood."""
    for request, token, _, _, text in told(case):
        parts = [token, token.rpartition(".")[2]] if len(token) > 20 else []
        assert (request.name, []) == (request.name, [part for part in parts if len(part) > 8 and part in text])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_text_has_what_comes_of_it(case):
    """The answer's status and reason, or the request line that is sent."""
    for request, _, decision, _, text in told(case):
        if isinstance(decision, Reject):
            assert f"HTTP/1.1 {decision.denial.status} " in text, request.name
            assert text.endswith(f"only: {decision.denial.reason}."), request.name
        else:
            assert f"  {decision.head.method} " in text, request.name


def explained(*documents, now_s=0.0, **request):
    snapshot = manifests.compiled(*documents).snapshot
    request = {"method": "GET", "target": "/", "headers": ((b"Host", b"app.example.com"),)} | request
    return explain(head_with(http_minor=1, peer="192.0.2.1", **request), build_table(snapshot, ""), now_s)


def last_detail(explanation):
    return [step.detail for step in explanation.steps if step.outcome is not Outcome.NOT_REACHED][-1]


@pytest.mark.parametrize(
    ("request_", "detail"),
    [
        ({"headers": ()}, "there is no Host header"),
        ({"headers": ((b"Host", b"a"), (b"host", b"a"))}, "there are two Host headers"),
        ({"headers": ((b"Host", b"a@b"),)}, "the Host header is no host name, with or without a port"),
        ({"target": "/%zz"}, "the path can't be taken: "),
        ({"method": "TRACE"}, "its method or target is not one that a gateway takes"),
        ({"headers": ((b"Host", b"other"),)}, 'no Service of gateway default has the host "other"'),
        ({"target": "/other"}, "none of this host's routes"),
        ({"target": "/v1%2Fa"}, "its path has an encoded slash or backslash, which encodedSlashes: Keep would take"),
        ({"target": "/v1/a;x"}, "its path has a parameter or an escape within an escape, which pathParameters or doub"),
        ({"target": "/v1"}, "1 of Service/default/app"),
    ],
)
def test_the_last_step_says_why(request_, detail):
    """In words, with what a user can look for."""
    service = manifests.service(pathParameters="Reject")
    documents = (service, manifests.route(paths=[{"type": "Prefix", "value": "/v1"}]))
    assert last_detail(explained(*documents, **request_)).startswith(detail)


def test_a_route_that_refuses_says_why():
    """Its requests get 503, and the manifests' mistake is named."""
    documents = (manifests.service(), manifests.route(auth={"jwt": {"mode": "Maybe"}}))
    assert "Route default/all is not accepted" == last_detail(explained(*documents))


def test_a_guest_is_named():
    """Who passes without a token is said."""
    guest = {"jwt": {"mode": "Optional", "anonymousConsumer": {"name": "guest"}}}
    found = explained(manifests.service(auth=guest), manifests.route(), manifests.consumer("guest"))
    assert any("it is guest who calls, which mode Optional allows" in step.detail for step in found.steps)
