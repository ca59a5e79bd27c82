"""Which ids of requests and traces are believed, and what of them goes upstream."""

from __future__ import annotations

import pytest

from heads import head
from postern_dataplane.request.correlation import Correlation

TRUSTED, STRANGER = "192.0.2.1", "198.51.100.1"
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
VALID = f"00-{TRACE}-{SPAN}-01"
IDS, TRACES = {b"x-request-id"}, {b"traceparent", b"tracestate"}


def correlation(*, has_request_ids=True, traces="any"):
    return Correlation(TRUSTED.__eq__, has_request_ids=has_request_ids, traces=traces)


def request_id(*fields, peer=TRUSTED):
    return correlation().request_id(head("/", *fields, peer=peer))


def trace_id(*fields, peer=STRANGER, traces="any"):
    return correlation(traces=traces).trace_id(head("/", *fields, peer=peer))


@pytest.mark.parametrize(
    "said", ["7b1f", "a" * 128, "7fb3693f-4061-4070-95d4-3889aa8a22a5", "Root=1-67891233:abc/+@._"]
)
def test_the_id_of_a_trusted_proxy_is_taken(said):
    """A proxy that is trusted has given the request its id, whatever the case of the field's name."""
    assert said.encode() == request_id(("x-REQUEST-id", said))


@pytest.mark.parametrize("said", ["", "a" * 129, "a b", 'a"b', "a\tb", "a\\b", "é", "{}", "a,b", "%0a"])
def test_an_id_that_could_harm_a_log_is_replaced(said):
    """An id has at most 128 characters, each from a set that means nothing in a log, a shell or a page."""
    assert None is request_id(("X-Request-Id", said))


def test_two_ids_are_none():
    """A request with two ids gets a third, for each reader could take another of the two."""
    assert None is request_id(("X-Request-Id", "a"), ("X-Request-Id", "b"))


def test_a_stranger_s_id_is_replaced():
    """A client that is no trusted proxy has no say in what a request is called."""
    assert None is request_id(("X-Request-Id", "7b1f"), peer=STRANGER)


@pytest.mark.parametrize(
    "said", [VALID, VALID[:-2] + "00", VALID[:-2] + "ff", f"01-{VALID[3:]}", f"cc-{VALID[3:]}-what-ever"]
)
def test_a_trace_goes_on(said):
    """A valid traceparent is taken, also of a later version, which may have more parts."""
    assert TRACE == trace_id(("TraceParent", said))


@pytest.mark.parametrize(
    "said",
    [
        "",
        VALID.upper(),
        VALID + "-x",
        VALID + " ",
        VALID[:-1],
        f"ff-{VALID[3:]}",
        f"0-{VALID[3:]}",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[:-1]}g-{SPAN}-01",
        f"00-{TRACE}-{SPAN}",
        f"00_{TRACE}_{SPAN}_01",
        f"01-{VALID[3:]}x",
        f"01-{VALID[3:]}-{'x' * 457}",
        f"01-{VALID[3:]}-\x80",
        f"{VALID}, {VALID}",
    ],
)
def test_a_traceparent_that_is_none_is_dropped_with_its_tracestate(said):
    """W3C Trace Context lets no invalid context go further, nor a state without a parent."""
    asked = head("/", ("traceparent", said), ("tracestate", "a=b"))
    assert "" == correlation().trace_id(asked)
    assert correlation(has_request_ids=False).dropped(asked) == TRACES


def test_two_traceparents_are_none():
    """Each reader could take another of the two."""
    assert "" == trace_id(("traceparent", VALID), ("Traceparent", VALID))


@pytest.mark.parametrize(
    ("traces", "peer", "found"),
    [("any", STRANGER, TRACE), ("trusted", STRANGER, ""), ("trusted", TRUSTED, TRACE)],
)
def test_a_trace_may_be_asked_to_come_from_a_trusted_proxy(traces, peer, found):
    """With `trusted`, clients can neither join a trace of others nor have theirs recorded."""
    assert found == trace_id(("traceparent", VALID), peer=peer, traces=traces)


@pytest.mark.parametrize(
    ("has_request_ids", "traces", "names"),
    [(True, "any", IDS), (True, "off", IDS), (False, "any", set()), (False, "off", set())],
)
def test_a_valid_trace_is_not_touched(has_request_ids, traces, names):
    """Only the field that the gateway writes itself is dropped."""
    asked = head("/", ("traceparent", VALID), ("tracestate", "a=b"), ("X-Request-Id", "a"))
    assert names == correlation(has_request_ids=has_request_ids, traces=traces).dropped(asked)
