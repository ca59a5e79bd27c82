"""A head that is read as a plain one has that reading by the other parser too, whatever its bytes."""

from __future__ import annotations

import asyncio

from aiohttp.http import HttpVersion11
from aiohttp.streams import EMPTY_PAYLOAD
from hypothesis import given

from drawn_heads import END, heads
from postern_dataplane.http1.head_readers import read_plain_head
from postern_dataplane.http1.request_parser import make_parser
from postern_dataplane.request.field_layout import taken_apart
from postern_dataplane.settings import Limits

LIMITS = Limits()
LOOP = asyncio.new_event_loop()


def read_by_the_other_parser(data):
    """What `feed` would make of the packet, None for anything but a whole plain request."""
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
