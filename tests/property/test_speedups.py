"""Compiled code reads every head as the functions in Python do, whatever its bytes."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drawn_heads import END, heads, requests
from postern_dataplane.http1 import date, head_readers, plain_head, response_head
from postern_dataplane.http1.head_readers import compiled_plain_heads, compiled_responses
from postern_dataplane.http1.plain_head import read_plain_head
from postern_dataplane.http1.response import BadResponse
from postern_dataplane.http1.response_head import FIELDS_MAX, HOP_BY_HOP, read_response
from postern_dataplane.settings import RESPONSE_HEAD_BYTES_MAX, Limits

compiled = pytest.importorskip("postern_speedups.heads", reason="lacks postern-gateway-speedups: make speedups-test")
FIELDS = Limits().max_headers

NAMES = st.one_of(
    st.sampled_from([*HOP_BY_HOP, b"content-length", b"date", b"x-a", b"set-cookie", b"etag", b"x" * 63, b"x" * 64])
    .flatmap(lambda name: st.sampled_from([name, name.title(), name.upper()])),
    st.binary(max_size=20),
)  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(
        [
            b"5", b"05", b"", b"+5", b"5, 5", b"chunked", b"Chunked", b"gzip, chunked", b"close", b"Close",
            b"keep-alive", b"x-a", b"date, x-a", b"timeout=5", b"timeout=5, max=100", b"max=1",
            b"a\r\nb: c", b"a\nb", b"a\rb", b"\xe9",
        ]
    ),
    st.binary(max_size=20),
)  # fmt: skip
FIELD_LISTS = st.lists(st.tuples(NAMES, VALUES), max_size=8)


@pytest.fixture(scope="module")
def read_compiled_head():
    return compiled_plain_heads(compiled)


@pytest.fixture(scope="module", autouse=True)
def _date():
    """The date is the same for both."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(date, "http_date", lambda: b"now")
        yield


@pytest.fixture(scope="module")
def read_compiled_response():
    return compiled_responses(compiled)


@given(data=heads(), fields_max=st.sampled_from([FIELDS, FIELDS, 2]))
@example(data=b"GET / HTTP/1.1\r\n\r\n", fields_max=FIELDS)
@example(data=b"GET / HTTP/1.1\r\nHost: a\r\nA: \r\n\r\n", fields_max=FIELDS)
def test_request_heads_are_read_alike(read_compiled_head, data, fields_max):
    """Plain by both with the same method, path, layout and values, or by neither."""
    if data.find(END) == len(data) - len(END):
        assert read_plain_head(data, fields_max) == read_compiled_head(data, fields_max)


@given(requests(), st.sampled_from([0, 0, 0, 1, -1]))
def test_requests_with_bodies_are_read_alike(read_compiled_head, request_, beside):
    """As heads are, whether the head ends where it is said to end or not."""
    head, body = request_
    body_bytes = len(body) + beside
    assert read_plain_head(head + body, FIELDS, body_bytes) == read_compiled_head(head + body, FIELDS, body_bytes)


@pytest.mark.parametrize("body_bytes", [-(2**62), -1, 35, 36, 2**62])
def test_no_body_is_longer_than_its_packet(read_compiled_head, body_bytes):
    """No byte before or behind a packet is looked at."""
    assert read_compiled_head(b"POST / HTTP/1.1\r\nHost: h\r\n\r\nabcde", FIELDS, body_bytes) is None


@given(st.binary(max_size=80))
def test_any_bytes_are_read_alike(read_compiled_head, data):
    """What is no head is left to the other parser by both."""
    for whole in (data, b"GET / HTTP/1.1\r\nHost: a\r\n" + data + END):
        if whole.find(END) == len(whole) - len(END):
            assert read_plain_head(whole, FIELDS) == read_compiled_head(whole, FIELDS)


def lying_parser(fields, completes_at):
    """A parser that finds these fields whatever came, and completes the message with this part of the packet."""

    class Parser:
        def __init__(self, events):
            self.events, self.parts = events, 0

        def feed_data(self, data):
            self.parts += 1
            if self.parts == 1:
                for field in fields:
                    self.events.on_header(*field)
            if self.parts == completes_at:
                self.events.on_message_complete()

    return Parser


@pytest.mark.parametrize(
    ("fields", "completes_at", "is_plain"),
    [
        ([(b"Host", b"h"), (b"A", b"bc")], 2, True),
        ([(b"Host", b"h"), (b"A", b"bc")], 1, False),
        ([(b"Host", b"h"), (b"A", b"bc")], 3, False),
        ([(b"Host", b"h")], 2, False),
        ([(b"Host", b"h"), (b"A", b"bd")], 2, False),
        ([(b"Host", b"h"), (b"B", b"bc")], 2, False),
        ([(b"Host", b"h"), (b"A", b"b")], 2, False),
        ([(b"Host", b"h"), (b"A", b"bc"), (b"", b"")], 2, False),
        ([(b"A", b"bc"), (b"Host", b"h")], 2, False),
        ([(b"Host", b"h"), (b"A: b", b"")], 2, False),
    ],
)
def test_what_a_parser_says_is_compared_with_what_came(fields, completes_at, is_plain):
    """A parser that passes a field over, or finds what did not come, is not believed."""
    data = b"GET / HTTP/1.1\r\nHost: h\r\nA: bc\r\n\r\n"
    parser = lying_parser(fields, completes_at)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_head, "HttpRequestParser", parser)
        patch.setattr(head_readers, "HttpRequestParser", parser)
        found = [plain_head.read_plain_head(data, FIELDS), compiled_plain_heads(compiled)(data, FIELDS)]
    assert [is_plain] * 2 == [one is not None for one in found]


@pytest.mark.parametrize(("completes_at", "is_plain"), [(1, False), (2, True), (3, False)])
def test_a_body_ends_with_the_last_byte(completes_at, is_plain):
    """A parser that finds the message whole before, or not at all, reads it otherwise."""
    data = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
    parser = lying_parser([(b"Host", b"h"), (b"Content-Length", b"3")], completes_at)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_head, "HttpRequestParser", parser)
        patch.setattr(head_readers, "HttpRequestParser", parser)
        found = [plain_head.read_plain_head(data, FIELDS, 3), compiled_plain_heads(compiled)(data, FIELDS, 3)]
    assert [is_plain] * 2 == [one is not None for one in found]


@pytest.mark.parametrize("line", [b"A:b", b"A:\t", b"A :b", b"A; b", b"A:\tb", b"A: b\t", b"A: b ", b"A:  b"])
def test_a_line_that_is_not_written_as_usual_is_not_plain(line):
    """A parser that finds a field in it is not believed."""
    data = b"GET / HTTP/1.1\r\nHost: h\r\n" + line + END
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(head_readers, "HttpRequestParser", lying_parser([(b"Host", b"h"), (b"A", b"b")], 2))
        assert compiled_plain_heads(compiled)(data, FIELDS) is None


@pytest.mark.parametrize("end", [b"\r\n", b"xy", b"\ry", b"x\n"])
def test_a_line_ends_as_usual(end):
    """Two fields that are told apart only by the parser are none."""
    data = b"GET / HTTP/1.1\r\nHost: h\r\nA: b" + end + b"C: d" + END
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(head_readers, "HttpRequestParser", lying_parser([(b"Host", b"h"), (b"A", b"b"), (b"C", b"d")], 2))
        found = compiled_plain_heads(compiled)(data, FIELDS)
    assert (end == b"\r\n") == (found is not None)


def outcome(read, status, phrase, fields, said):
    try:
        return read(status, phrase, fields, **said)
    except BadResponse:
        return BadResponse


@given(
    status=st.one_of(st.sampled_from([200, 204, 304, 599]), st.integers(100, 599)),
    phrase=st.one_of(st.just(b"OK"), st.binary(max_size=10)),
    fields=FIELD_LISTS,
    written=st.lists(st.tuples(NAMES, VALUES), max_size=2),
    method=st.sampled_from(["GET", "HEAD", "POST"]),
    http_minor=st.sampled_from([0, 1]),
    closes=st.booleans(),
)
def test_responses_are_read_alike(read_compiled_response, status, phrase, fields, written, **said):
    """Head, framing and what is known of the connection are the same, or both refuse it."""
    said["written"] = tuple(written)
    expected = outcome(read_response, status, phrase, fields, said)
    assert expected == outcome(read_compiled_response, status, phrase, fields, said)


SAID = {"method": "GET", "http_minor": 1, "closes": False}


@pytest.mark.parametrize("spare", [-1, 0, 1])
def test_the_largest_head_is_the_same(read_compiled_response, spare):
    """A byte more is refused by both."""
    rest = len(read_response(200, b"OK", [(b"a", b"")], **SAID).head)
    fields = [(b"a", b"b" * (RESPONSE_HEAD_BYTES_MAX - rest + spare))]
    expected = outcome(read_response, 200, b"OK", fields, SAID)
    assert (spare > 0) == (expected is BadResponse)
    assert expected == outcome(read_compiled_response, 200, b"OK", fields, SAID)


@pytest.mark.parametrize("number", [FIELDS_MAX, FIELDS_MAX + 1])
def test_the_largest_number_of_fields_is_the_same(read_compiled_response, number):
    """A field more is refused by both."""
    fields = [(b"a", b"b")] * number
    assert outcome(read_response, 200, b"OK", fields, SAID) == outcome(read_compiled_response, 200, b"OK", fields, SAID)


@pytest.mark.parametrize(
    "field", [(b"a", None), (None, b"a"), ("a", b"b"), (b"a", bytearray(b"b")), (b"a",), [b"a", 1]]
)
def test_what_is_no_field_is_an_error(read_compiled_response, field):
    """No pointer is taken of anything but bytes."""
    with pytest.raises((TypeError, ValueError)):
        read_compiled_response(200, b"OK", [field], **SAID)


@pytest.mark.parametrize("http_minor", [0, 1])
@pytest.mark.parametrize(
    "fields",
    [
        [(b"Content-Length", b"5"), (b"Connection", b"keep-alive"), (b"Keep-Alive", b"timeout=5")],
        [(b"Transfer-Encoding", b"chunked"), (b"Set-Cookie", b"a"), (b"Set-Cookie", b"b")],
        [(b"Date", b"then"), (b"TE", b"a"), (b"X-A", b"")],
    ],
)
def test_what_is_usual_is_not_left_to_python(monkeypatch, fields, http_minor):
    """The function in Python is not called for what nearly all responses are."""
    said = {**SAID, "http_minor": http_minor}
    expected = read_response(200, b"OK", fields, **said)
    monkeypatch.setattr(response_head, "read_response", None)
    assert expected == compiled_responses(compiled)(200, b"OK", fields, **said)
