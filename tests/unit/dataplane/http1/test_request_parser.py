"""The parser of requests, as the data port makes it; what is relied on in it is in `test_parser_interface`."""

from __future__ import annotations

import asyncio

import pytest

from postern_dataplane.http1.request_parser import line_bytes_max, make_parser
from postern_dataplane.settings import Limits

CHUNKED = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def parser():
    loop = asyncio.new_event_loop()
    yield make_parser(Limits(), loop)
    loop.close()


def test_the_bounds_of_the_two_lines_differ():
    """By the bound in the parser's exception it is known which of them was too long."""
    assert [100, 101] == [
        line_bytes_max(Limits(max_request_line_bytes=100, max_header_line_bytes=size)) for size in (99, 100)
    ]


def test_it_does_not_pause_its_body(parser):
    """However much comes at once: its stream is emptied after each packet."""
    [(_, body)] = parser.feed_data(CHUNKED)[0]
    parser.feed_data(b"%x\r\n" % 2**22 + b"a" * 2**22)
    assert 2**22 == len(body.read_nowait())


@pytest.mark.parametrize(
    "end", [b"0\n\r\n", b"0\r\n\n", b"0\n\n", b"0\r\nA: b\n\r\n", b"0\r\nA: b\r\n\n", b"0\r\nA: b\n\n"]
)
def test_chunks_end_with_a_blank_line_and_nothing_less(parser, end):
    """The reader ends its pieces there, so that none has bytes of two requests."""
    [(_, body)] = parser.feed_data(CHUNKED)[0]
    with pytest.raises(Exception, match="400"):
        parser.feed_data(end)
    assert not body.is_eof()


def test_it_takes_a_trailer_for_a_field_of_the_next_request(parser):
    """Which is why the reader takes another parser then; once this fails, it need not."""
    parser.feed_data(CHUNKED + b"0\r\nA: b\r\nC: d\r\n\r\n")
    parser.message_consumed()
    [(message, _)] = parser.feed_data(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")[0]
    assert ((b"C", b"d"), (b"Host", b"h")) == message.raw_headers
