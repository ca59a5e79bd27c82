"""Golden cases of the decision: manifests and a request in, a decision out, without a socket."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import cases
import tokens
from heads import head_of, written
from postern_core.compile import compile_snapshot
from postern_dataplane.decision.decide import decide
from postern_dataplane.decision.https_location import is_acme_challenge
from postern_dataplane.decision.https_redirect import redirect_to_https
from postern_dataplane.decision.outcome import Forward, Reject
from postern_dataplane.decision.verification_cache import NullCache, VerificationCache
from postern_dataplane.table.routing_table import build_table
from postern_dataplane.table.table_settings import TableSettings, proxy_trust
from postern_operator.validators import VALIDATORS

NOW = datetime(2030, 1, 1, tzinfo=UTC)

PAIRS = [
    pytest.param(case, request, id=f"{case.name}: {request.name}")
    for case in cases.cases()
    for request in (cases.requests_of(case) or cases.Requests(requests=[])).requests
]


@pytest.fixture(scope="module")
def snapshots():
    return {}


def snapshot_of(case, snapshots):
    if case not in snapshots:
        resources = cases.objects_of(case)
        settings = cases.settings_of(case)
        snapshots[case] = compile_snapshot(
            resources, inspectors=VALIDATORS, gateway=settings.gateway, require_policy=settings.require_policy
        ).snapshot
    return snapshots[case]


@pytest.mark.parametrize("cache", [VerificationCache, NullCache], ids=["on", "off"])
@pytest.mark.parametrize(("case", "request_"), PAIRS)
def test_the_request_is_decided_as_the_case_says(case, request_, cache, snapshots):
    """With the cache and without, the refusal, or the head that goes upstream, is what the case says."""
    snapshot, settings = snapshot_of(case, snapshots), cases.settings_of(case)
    now_s = ((cases.requests_of(case).now) or NOW).timestamp()
    credentials = {f"{entry.namespace}/{entry.name}": entry for entry in snapshot.credentials}
    token = tokens.mint(request_.token, now_s, credentials) if request_.token else ""
    table, verified = build_table(snapshot, "digest", TableSettings(proxy_trust(settings.trusted_proxies))), cache()

    for _ in range(2):  # the second time from the cache
        head = head_of(request_, token)
        if settings.redirect_to_https is None or is_acme_challenge(head):
            decision = decide(head, table, verified, now_s)
        else:
            decision = Reject(redirect_to_https(head, settings.redirect_to_https))
        if isinstance(decision, Forward):
            check_forward(request_.expect, written(head, decision), token)
        else:
            check_denial(request_.expect, decision.denial)
            check_content(request_.expect, decision)
        check_cors(request_.expect, decision)
        check_answer(request_.expect, decision)


def check_answer(expected, decision):
    """The fields of an answer of the application, which the upstream of a running gateway gives as well."""
    fields = [(b"Content-Type", b"application/json")]
    edits = decision.route.response_edits if decision.route else None
    fields = [*edits.kept(fields), *edits.added] if edits else fields
    seen = {name.decode(): value.decode() for name, value in fields}
    assert expected.answer == {name: seen.get(name) for name in expected.answer}


def check_cors(expected, decision):
    if expected.cors is not None:
        assert expected.cors == {name.decode(): value.decode() for name, value in decision.cors or ()}


def check_denial(expected, denial):
    assert (expected.status, expected.reason) == (denial.status, denial.reason)
    assert expected.message in ("", denial.message)
    if expected.challenge is not None:
        assert expected.challenge == denial.challenge
    assert (expected.location or "") == denial.location


def check_content(expected, decision):
    denial, responses = decision.denial, decision.responses
    own = responses.content_of(denial.status, denial.message) if responses else None
    seen = (dict(own.fields)[b"Content-Type"].decode(), own.body.decode()) if own else None
    if denial.document and expected.content is not None:  # a HEAD has no body to compare
        seen = (dict(denial.fields)[b"Content-Type"].decode(), denial.document.decode())
    assert expected.content == seen


def check_forward(expected, sent_bytes, token):
    assert expected.upstream is not None, f"forwarded, but {expected.status} {expected.reason} was expected"
    start, *fields = sent_bytes.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    sent = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
    assert expected.upstream.target.replace("{token}", token) == start.split(" ")[1]
    wanted = {name.lower(): value.replace("{token}", token) for name, value in expected.upstream.headers.items()}
    assert wanted == {name: sent.get(name) for name in wanted}
    assert [] == [name for name in expected.upstream.absent if name.lower() in sent]
