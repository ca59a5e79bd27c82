"""A head that is read as a plain one has that reading by the other parser too, whatever its bytes."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp.http import HttpVersion11
from aiohttp.streams import EMPTY_PAYLOAD
from hypothesis import event, given
from hypothesis import strategies as st

from drawn_heads import END, heads, requests
from postern_dataplane.http1 import request_reader
from postern_dataplane.http1.head_readers import read_plain_head
from postern_dataplane.http1.message import PlainHead
from postern_dataplane.http1.request_head import RequestError, request_head
from postern_dataplane.http1.request_parser import make_parser
from postern_dataplane.http1.request_reader import RequestReader
from postern_dataplane.listener import ListenerConfig
from postern_dataplane.request.field_layout import taken_apart
from postern_dataplane.settings import Limits

LIMITS = Limits()
LOOP = asyncio.new_event_loop()


def read_by_the_other_parser(data):
    """What `feed` would make of the packet, None for anything but a whole plain request without a body."""
    parser = make_parser(LIMITS, LOOP)
    try:
        before, after = parser.feed_data(data[:-1])[0], parser.feed_data(data[-1:])[0]
    except Exception:  # noqa: BLE001 # whatever it raises, it refuses
        return None
    if before or len(after) != 1:
        return None
    message, body = after[0]
    is_plain = message.version == HttpVersion11 and body is EMPTY_PAYLOAD
    if not is_plain or message.should_close or message.upgrade or message.chunked:
        return None
    return message.method, message.path, message.raw_headers


def test_nothing_unusual_makes_up_for_a_field_that_is_there_twice():
    """Lines without a space behind the colon are a byte shorter each: eight of them hide a line of eight bytes."""
    short = [b"%c:1" % letter for letter in b"BCDEFGHI"]
    for twice in (b"Host:b", b"A:1234", b" folded"):
        data = b"\r\n".join([b"GET / HTTP/1.1", b"Host: a", b"A: 1", *short, twice]) + END
        assert read_plain_head(data, LIMITS.max_headers) is None


@given(heads())
def test_a_plain_head_has_one_reading(data):
    """What the other parser reads otherwise, or refuses, is never a plain head."""
    if data.find(END) != len(data) - len(END) or data[0] in b"\r\n":
        return
    plain = read_plain_head(data, LIMITS.max_headers)
    if plain is not None:
        assert (plain.method, plain.path, plain.raw_headers) == read_by_the_other_parser(data)
        assert (plain.layout, plain.values) == taken_apart(plain.raw_headers)


def request_by_the_other_parser(head, body):
    """The request that is all of the packet, None for anything else; whole with its last byte, and not before."""
    parser = make_parser(LIMITS, LOOP)
    try:
        messages = [parser.feed_data(piece)[0] for piece in (head, body[:-1], body[-1:])]
    except Exception:  # noqa: BLE001 # whatever it raises, it refuses
        return None
    if [1, 0, 0] != [len(found) for found in messages]:
        return None
    message, stream = messages[0][0]
    is_plain = message.version == HttpVersion11 and not message.chunked
    if not is_plain or message.should_close or message.upgrade or stream is EMPTY_PAYLOAD or not stream.is_eof():
        return None
    return (
        message.method,
        message.path,
        message.raw_headers,
        int(message.headers["Content-Length"]),
        stream.read_nowait(),
    )


@given(requests())
def test_a_plain_head_with_its_body_has_one_reading(request):
    """The other parser finds the same head, and that what follows it is its body."""
    head, body = request
    if not body or head[0] in b"\r\n":
        return
    plain = read_plain_head(head + body, LIMITS.max_headers, len(body))
    event("plain" if plain else "not plain")
    if plain is not None:
        found = plain.method, plain.path, plain.raw_headers, plain.content_length, body
        assert found == request_by_the_other_parser(head, body)
        assert (plain.layout, plain.values) == taken_apart(plain.raw_headers)


def read_in_order(pieces):
    """Each request of these packets, taken up to its end, and how the last one ended; which of them were plain."""
    reader, found, plain = RequestReader(LIMITS, LOOP), [], []
    try:
        for piece in pieces:
            message = reader.feed(piece)
            while message is not None:
                plain.append(type(message) is PlainHead)
                head = request_head(message, LIMITS, "1.2.3.4", ListenerConfig())
                found.append((head, reader.take_body(), reader.is_complete, reader.is_clean, reader.backlog))
                if head.closes:
                    return found, plain  # nothing follows it
                message = reader.next() if reader.is_complete else None
    except RequestError as error:
        found.append(error.denial)
    return [*found, reader.is_clean, reader.is_in_head, reader.backlog], plain


@given(requests(), st.lists(requests(), max_size=2), st.booleans())
def test_requests_are_the_same_without_plain_heads(first, further, is_one_packet):
    """A packet has the same requests, whole or not, and leaves the same to what follows it."""
    pieces = [head + body for head, body in (first, *further)]
    pieces = [b"".join(pieces)] if is_one_packet else pieces
    found, plain = read_in_order([*pieces, b"GET /last HTTP/1.1\r\nHost: h" + END])
    event(f"{sum(plain)} plain")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(request_reader, "read_plain_head", lambda *_: None)
        expected, none = read_in_order([*pieces, b"GET /last HTTP/1.1\r\nHost: h" + END])
    assert (expected, False) == (found, any(none))
