"""Ids of requests and traces over the wire: what the application gets, and what the access log says."""

from __future__ import annotations

import re

import pytest

import raw
from gateway import DataPlane, logged, open_to
from heads import signed
from manifests import consumer, credential, route, secret

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"
OPTIONS = ("--request-id", "on", "--trace-context", "any", "--access-log", "on")


@pytest.fixture(scope="module", params=["on", "off"])
def stranger_s(start_gateway, module_upstream, request):
    """A gateway whose clients are no trusted proxies, with and without a memory of heads."""
    closed = route("closed", paths=[{"type": "Prefix", "value": "/closed"}], auth={"jwt": {}})
    served = [*open_to(module_upstream.address), closed]
    return start_gateway(served, *OPTIONS, "--remember-heads", request.param, kind=DataPlane, workers=1)


@pytest.fixture(scope="module")
def proxy_s(start_gateway, module_upstream):
    """A gateway behind a proxy that it trusts."""
    return start_gateway(open_to(module_upstream.address), *OPTIONS, "--trusted-proxies", "127.0.0.0/8", kind=DataPlane)


def asked(gateway, upstream, *fields, times=1):
    """The fields that the application gets of each of several requests that are the same, byte for byte."""
    with raw.Client(gateway.listen) as client:
        for _ in range(times):
            assert 200 == client.ask(raw.request("/", *fields)).status
    return [it.fields for it in upstream.requests]


def is_logged(gateway, **fields):
    """Return when the access log has a line with these fields."""
    wanted = fields.items()
    raw.until(lambda: any(wanted <= it.items() for it in logged(gateway.out.read_text())), f"a line with {fields}")
    return True


@pytest.mark.parametrize("claimed", [(), ("X-Request-Id: 7b1f", "X_Request_Id: 7b1f")], ids=["none", "claimed"])
def test_each_request_has_an_id_of_its_own(stranger_s, upstream, claimed):
    """Equal requests, remembered or not, go upstream with another id each time, and never with a stranger's."""
    seen = asked(stranger_s, upstream, *claimed, times=5)
    ids = {it["x-request-id"] for it in seen}
    assert (5, True) == (len(ids), all(re.fullmatch("[0-9a-f]{32}", it) for it in ids))
    assert [None] * 5 == [it.get("x_request_id") for it in seen]
    assert all(is_logged(stranger_s, request_id=it, path="/") for it in ids)


def test_the_id_of_a_trusted_proxy_goes_on(proxy_s, upstream):
    """The proxy's log, ours and the application's have one id."""
    assert [{"7b1f-0:a"}] == [{it["x-request-id"]} for it in asked(proxy_s, upstream, "X-Request-Id: 7b1f-0:a")]
    assert is_logged(proxy_s, request_id="7b1f-0:a")


@pytest.mark.parametrize("said", ["a" * 129, "a b", "\x80", '"}'])
def test_an_id_that_is_none_is_replaced(proxy_s, upstream, said):
    """A trusted proxy's word is not enough, for it may pass on what its client wrote."""
    (fields,) = asked(proxy_s, upstream, f"X-Request-Id: {said}")
    assert re.fullmatch("[0-9a-f]{32}", fields["x-request-id"])


def test_a_refusal_has_an_id_in_the_log(stranger_s):
    """The application never sees the request, and the log can be searched for it."""
    assert 401 == raw.ask(stranger_s.listen, raw.request("/closed", f"traceparent: {PARENT}")).status
    assert is_logged(stranger_s, path="/closed", reason="missing_token", trace_id=TRACE)
    (line,) = (it for it in logged(stranger_s.out.read_text()) if it["path"] == "/closed")
    assert re.fullmatch("[0-9a-f]{32}", line["request_id"])


def test_a_trace_goes_on_unchanged(stranger_s, upstream):
    """Both fields arrive as they were sent, each time."""
    seen = asked(stranger_s, upstream, f"TraceParent: {PARENT}", "tracestate: a=b", times=4)
    assert [(PARENT, "a=b")] * 4 == [(it["traceparent"], it["tracestate"]) for it in seen]
    assert is_logged(stranger_s, path="/", trace_id=TRACE)


@pytest.mark.parametrize("fields", [[f"traceparent: {PARENT}x"], [], [f"traceparent: {PARENT}"] * 2])
def test_an_invalid_trace_goes_no_further(stranger_s, upstream, fields):
    """A state without a valid parent is dropped with it."""
    seen = asked(stranger_s, upstream, *fields, "tracestate: a=b", times=4)
    assert [(None, None)] * 4 == [(it.get("traceparent"), it.get("tracestate")) for it in seen]


def test_the_log_says_whose_token_it_was(start_gateway, module_upstream):
    """Each token has its own issuer and claims, remembered or not, and none of a token's text is in the log."""
    served = [*open_to(module_upstream.address)[:-1], route(auth={"jwt": {}}), consumer(), credential(), secret()]
    options = ("--access-log", "on", "--access-log-claims", "sub,/realm/roles,absent")
    gateway = start_gateway(served, *options, kind=DataPlane, workers=1)
    tokens = [signed(sub=f"one\n{number}", iss="https://issuer", realm={"roles": ["a"]}) for number in range(2)]
    with raw.Client(gateway.listen) as client:
        for token in tokens * 3:
            assert 200 == client.ask(raw.request("/", f"Authorization: Bearer {token}")).status
        assert 401 == client.ask(raw.request("/", f"Authorization: Bearer {tokens[0]}x")).status
    token_s = {"credential": "default/alice", "issuer": "https://issuer", "consumer": "alice"}
    for number in range(2):
        assert is_logged(gateway, **token_s, claims={"sub": f"one\\n{number}", "/realm/roles": '["a"]'})
    assert is_logged(gateway, reason="bad_signature")
    text = gateway.out.read_text()
    assert [] == [part for token in tokens for part in token.split(".") if part in text]
    assert [] == [it for it in logged(text) if it["reason"] and {"credential", "issuer", "claims"} & it.keys()]


def test_without_the_options_the_fields_are_any_others(start_gateway, module_upstream, upstream):
    """What a client sends arrives, and nothing is added."""
    gateway = start_gateway(open_to(module_upstream.address), kind=DataPlane)
    sent = {"x-request-id": "7b1f", "traceparent": "none", "tracestate": "a=b"}
    (fields,) = asked(gateway, upstream, *(f"{name}: {value}" for name, value in sent.items()))
    assert sent == {name: fields[name] for name in sent}
