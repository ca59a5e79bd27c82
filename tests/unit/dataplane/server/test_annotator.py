"""What each request gets when its decision is known."""

from __future__ import annotations

import tracemalloc

import pytest

from heads import head
from postern_dataplane.decision.outcome import Authorized, Reject
from postern_dataplane.request.correlation import Correlation
from postern_dataplane.request.denials import NO_ROUTE, NOT_ALLOWED
from postern_dataplane.request.logged_token import LoggedToken
from postern_dataplane.server.annotator import Annotator
from postern_dataplane.table.identity_headers import Identity
from postern_dataplane.telemetry.events import RequestRecord

TRACE = "0af7651916cd43dd8448eb211c80319c"
ASKED = head("/", ("traceparent", f"00-{TRACE}-b7ad6b7169203331-01"), ("X-Request-Id", "its-own"))
SENT = b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"


def annotated(sent, *, has_request_ids=True, traces="any", is_trusted=True):
    """What goes upstream, and the ids in the record."""
    record = RequestRecord("GET", "", "/", "")
    correlation = Correlation(lambda _peer: is_trusted, has_request_ids=has_request_ids, traces=traces)
    found = Annotator(correlation).annotate(ASKED, Reject(NO_ROUTE), record, sent)
    return found, record.request_id, record.trace_id


def test_a_request_takes_its_id_upstream():
    """The field is the last one of the head, and the log has the same id."""
    expected = SENT[:-2] + b"X-Request-Id: its-own\r\n\r\n"
    assert (expected, "its-own", TRACE) == annotated(SENT)


def test_each_request_has_another_id():
    """What goes upstream differs, though the head that was remembered is the same."""
    (first, first_id, _), (second, second_id, _) = (annotated(SENT, is_trusted=False) for _ in range(2))
    assert (first != second, first_id != second_id) == (True, True)
    assert first_id.encode() in first


def test_a_new_id_has_128_random_bits():
    """An id is 32 hexadecimal digits, and no other request's."""
    made = {annotated(SENT, is_trusted=False)[1] for _ in range(1000)}
    assert (1000, {32}) == (len(made), {len(it) for it in made})
    assert all(int(it, 16) for it in made)


def test_a_refusal_has_an_id_in_the_log_alone():
    """Nothing goes upstream."""
    assert (b"", "its-own", TRACE) == annotated(b"")


@pytest.mark.parametrize(
    ("has_request_ids", "traces", "expected"), [(False, "any", ("", TRACE)), (True, "off", ("its-own", ""))]
)
def test_what_is_off_is_not_looked_at(has_request_ids, traces, expected):
    """Each of the two has its own switch."""
    assert expected == annotated(SENT, has_request_ids=has_request_ids, traces=traces)[1:]


@pytest.mark.parametrize("identity", [None, Identity(b"", "alice"), Identity(b"", "alice", LoggedToken("a/b", "", {}))])
def test_the_log_has_what_was_kept_of_a_token(identity):
    """A request without a token has nothing, and what goes upstream is not touched."""
    for outcome in (Authorized(None, None, identity), Reject(NOT_ALLOWED, identity=identity)):
        record = RequestRecord("GET", "", "/", "")
        assert SENT == Annotator(None).annotate(ASKED, outcome, record, SENT)
        assert (record.token, record.consumer) == ((None, "") if identity is None else (identity.token, "alice"))


def test_a_hundred_thousand_ids_leave_memory_flat():
    """No id is remembered, made or sent, valid or not."""
    annotator = Annotator(Correlation("proxy".__eq__, has_request_ids=True, traces="any"))

    def ask(numbers):
        for number in numbers:
            fields = ("X-Request-Id", f"id-{number}"), ("traceparent", f"00-{number:032x}-{number:016x}-01")
            for peer in ("proxy", f"stranger-{number}"):
                asked = head("/", *fields, peer=peer)
                annotator.annotate(asked, Reject(NO_ROUTE), RequestRecord("GET", "", "/", ""), SENT)

    ask(range(1_000))
    tracemalloc.start()
    ask(range(1_000, 50_000))
    left, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert left < 20_000
