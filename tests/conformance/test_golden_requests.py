"""The golden cases again, over HTTP: a running gateway does what `decide` says, and the upstream gets just that.

One gateway takes case after case, so each is a reload too; a case with settings
has a gateway with these.  The reason of a refusal, which no client is told, is
in the access log.
"""

from __future__ import annotations

import functools

import pytest

import cases
import raw
from gateway import logged
from golden_requests import ask, credentials_of, expected_of, options_of, served_by

ALL = [case for case in cases.cases() if cases.requests_of(case)]
# Folders of manifests hold no fetched keys; tests/golden decides about those.
CASES = [case for case in ALL if not cases.settings_of(case).fetched]


@pytest.fixture(scope="module")
def gateway_for(start_gateway, tmp_path_factory):
    """One gateway for all cases with the same settings, with one worker, so that its log is in order."""

    @functools.cache
    def started(*options):
        return start_gateway([], "--access-log", "on", *options)

    def gateway_for(case):
        settings = cases.settings_of(case)
        own = [] if settings.are_of_every_gateway else options_of(settings, tmp_path_factory.mktemp("certificates"))
        return started(*own)

    return gateway_for


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_running_gateway_answers_as_the_case_says(case, gateway_for, upstream):
    """The answer, or the target and the headers at the upstream, are what each request of the case expects."""
    gateway = gateway_for(case)
    gateway.serve(served_by(case, upstream.port))
    requests = cases.requests_of(case).requests
    asking = Asking(gateway, upstream, credentials_of(cases.manifests_of(case), cases.settings_of(case).gateway))
    expected = {request.name: expected_of(request, upstream.port) for request in requests}
    actual = {request.name: asking.ask(request) for request in requests}
    assert expected == actual
    assert {request.name: request.expect.reason for request in requests} == asking.reasons()


def test_no_case_is_left_out():
    """Each case with requests is driven over HTTP but for fetched keys, and none depends on a time that isn't now."""
    assert len(ALL) == len(list(cases.ROOT.glob("*/requests.yaml")))
    assert [] == [case.name for case in CASES if cases.requests_of(case).now]


class Asking:
    """The requests of one case, and what the access log says of them."""

    def __init__(self, gateway, upstream, credentials):
        self._gateway = gateway
        self._upstream = upstream
        self._credentials = credentials
        self._logged_before = len(gateway.out.read_bytes())
        self._asked = []
        self._tokens = []

    def ask(self, request):
        def asked(token):
            self._asked.append(request.name)
            self._tokens.append(token)

        return ask(request, self._gateway.listen, self._upstream, self._credentials, asked)

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
