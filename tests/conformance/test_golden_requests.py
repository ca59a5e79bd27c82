"""The golden cases again, over HTTP: a running gateway does what `decide` says, and the upstream gets just that.

One gateway takes case after case, so each is a reload too.  Tokens are made
relative to the real time instead of the case's.  The reason of a refusal, which
no client is told, is in the access log.
"""

from __future__ import annotations

import json
import time

import pytest

import cases
import raw
import tokens
from gateway import logged
from postern_core.compile import compile_snapshot
from postern_core.parse import parse_manifest
from postern_operator.inspectors import INSPECTORS

CASES = [case for case in cases.cases() if cases.requests_of(case)]

# A claim that is good for one more second needs an answer before that.
QUICK_S = 0.5
ATTEMPTS = 20


@pytest.fixture(scope="module")
def gateway(start_gateway):
    """One gateway for all cases, with one worker, so that its log is in order."""
    return start_gateway([], "--access-log", "on")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_running_gateway_answers_as_the_case_says(case, gateway, upstream):
    """The answer, or the target and the headers at the upstream, are what each request of the case expects."""
    gateway.serve(served_by(case, upstream.port))
    requests = cases.requests_of(case).requests
    asking = Asking(gateway, upstream, credentials_of(case))
    expected = {request.name: expected_of(request, upstream.port) for request in requests}
    actual = {request.name: asking.ask(request) for request in requests}
    assert expected == actual
    assert {request.name: request.expect.reason for request in requests} == asking.reasons()


def test_no_case_is_left_out():
    """Each case with requests is driven over HTTP, and none depends on a time that isn't now."""
    assert len(CASES) == len(list(cases.ROOT.glob("*/requests.yaml")))
    assert [] == [case.name for case in CASES if cases.requests_of(case).now]


def served_by(case, port):
    """The manifests of a case, with the upstream's real port."""
    return json.loads(json.dumps(cases.manifests_of(case)).replace(str(cases.UPSTREAM_PORT), str(port)))


def credentials_of(case):
    """The credentials that tokens are made with."""
    resources = [parse_manifest(manifest) for manifest in cases.manifests_of(case)]
    snapshot = compile_snapshot(resources, inspectors=INSPECTORS).snapshot
    return {f"{entry.namespace}/{entry.name}": entry for entry in snapshot.credentials}


def expected_of(request, port):
    """What must come of a request, in words that can be compared; the token is not yet in its place."""
    expect = request.expect
    if expect.upstream is None:
        message = expect.message if request.method != "HEAD" else ""
        seen = {"status": expect.status, "message": message, "challenge": expect.challenge}
        return {name: value for name, value in seen.items() if value}
    headers = {
        name.lower(): value.replace(str(cases.UPSTREAM_PORT), str(port))
        for name, value in expect.upstream.headers.items()
    }
    absent = dict.fromkeys(expect.upstream.absent)
    return {"target": expect.upstream.target, "headers": headers | absent}


class Asking:
    """The requests of one case."""

    def __init__(self, gateway, upstream, credentials):
        self._gateway = gateway
        self._upstream = upstream
        self._credentials = credentials
        self._logged_before = len(gateway.out.read_bytes())
        self._asked = []
        self._tokens = []

    def ask(self, request):
        """Make a request, and say what came of it as far as the case wants to know."""
        for _ in range(ATTEMPTS):
            began_s = time.time()
            token = tokens.mint(request.token, began_s, self._credentials) if request.token else ""
            self._asked.append(request.name)
            self._tokens.append(token)
            self._upstream.forget()
            answer = raw.ask(self._gateway.listen, bytes_of(request, token), method=request.method)
            if time.time() - began_s < QUICK_S:
                break
        else:
            pytest.fail("the machine is too slow to tell what a second means")
        if request.expect.upstream is None:
            return refusal(expected_of(request, self._upstream.port), answer, token, self._upstream)
        return forwarded(request, answer, token, self._upstream)

    def reasons(self):
        """What the access log says of each request; it has none of the tokens."""
        found = []

        def are_there():
            text = self._gateway.out.read_bytes()[self._logged_before :].decode()
            assert [] == [token for token in self._tokens if len(token) > 20 and token in text]
            found[:] = [line["reason"] for line in logged(text) if "duration_ms" in line]
            return len(found) >= len(self._asked)

        raw.until(are_there, "the access log")
        return dict(zip(self._asked, found, strict=True))


def forwarded(request, answer, token, upstream):
    assert 200 == answer.status, f"{request.name}: {answer}"
    [seen] = upstream.requests
    assert seen.start.endswith(" HTTP/1.1")
    wanted = {*map(str.lower, request.expect.upstream.headers), *request.expect.upstream.absent}
    headers = {name: seen.fields.get(name) for name in wanted}
    if not token:
        return {"target": seen.target, "headers": headers}
    headers = {name: value and value.replace(token, "{token}") for name, value in headers.items()}
    return {"target": seen.target.replace(token, "{token}"), "headers": headers}


def refusal(expected, answer, token, upstream):
    assert [] == upstream.requests, "a refused request has reached the upstream"
    assert not token or token.encode() not in answer.head + answer.body
    assert (answer.status in (401, 403)) == bool(answer.values("WWW-Authenticate"))
    seen = {"status": answer.status, "message": answer.message, "challenge": answer.value("WWW-Authenticate")}
    return {name: seen[name] for name in expected}


def bytes_of(request, token):
    """The request as the case writes it, byte for byte."""
    fields = [("Host", request.host)] if request.host is not None else []
    fields += [(name, value.replace("{token}", token)) for name, value in request.headers]
    if request.body:
        fields.append(("Content-Length", str(len(request.body.encode()))))
    lines = [f"{request.method} {request.target.replace('{token}', token)} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in fields]
    return "\r\n".join([*lines, "", request.body]).encode("utf-8", "surrogateescape")
