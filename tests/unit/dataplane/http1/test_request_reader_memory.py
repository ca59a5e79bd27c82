"""How much a connection's reader holds, and that each part of it has a bound."""

from __future__ import annotations

import asyncio

import pytest

from postern_dataplane.http1.request_head import RequestError
from postern_dataplane.http1.request_reader import RequestReader
from postern_dataplane.settings import Limits

START = b"GET / HTTP/1.1\r\nHost: h\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def reader():
    """A reader with small bounds."""
    loop = asyncio.new_event_loop()
    yield RequestReader(Limits(max_headers_bytes=10_000), loop)
    loop.close()


def test_nothing_is_held_in_the_beginning(reader):
    """A reader holds no memory at the beginning, and none after a request that has been answered."""
    assert 0 == reader.held_bytes
    reader.feed(START + b"\r\n")
    assert reader.held_bytes > 0
    reader.next()
    assert 0 == reader.held_bytes


def test_a_head_takes_more_than_its_bytes(reader):
    """Each field is there as bytes and as text, with objects around it."""
    for _ in range(50):
        reader.feed(b"GET / HTTP/1.1\r\n" if reader.held_bytes == 0 else b"A: " + b"a" * 97 + b"\r\n")
    assert 5_000 * 2.5 < reader.held_bytes < 5_200 * 2.5 + 100 * 256


def test_what_came_with_a_head_is_held_as_it_is(reader):
    """The parser keeps the next requests for their turn, and so does the reader."""
    reader.feed(START + b"\r\n" + b"a" * 100_000)
    before = reader.held_bytes
    reader.feed(b"a" * 1_000)
    assert (True, 1_000) == (100_000 < before < 175_000, reader.held_bytes - before)


def test_a_body_is_held_until_it_is_taken(reader):
    """Byte by byte, and nothing of it is the next request's."""
    reader.feed(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99\r\n\r\n")
    before = reader.held_bytes
    reader.feed(b"a" * 20)
    reader.feed(b"a" * 12)
    assert (before + 32, b"a" * 32) == (reader.held_bytes, reader.take_body())
    assert before == reader.held_bytes
    reader.feed(b"a" * 67)
    assert (True, before + 67) == (reader.is_complete, reader.held_bytes)
    reader.next()
    assert 0 == reader.held_bytes
    reader.feed(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99\r\n\r\n" + b"a" * 20)
    assert before + 20 == reader.held_bytes


def test_trailers_are_bounded_together(reader):
    """Each is within the bound of a field; what is refused is their sum, as for those of a head."""
    reader.feed(CHUNKED)
    reader.feed(b"1\r\na\r\n0\r\n")
    for _ in range(9):
        reader.feed(b"A: " + b"a" * 995 + b"\r\n")
    assert reader.held_bytes > 9_000 * 2.5
    with pytest.raises(RequestError, match="headers_too_large"):
        reader.feed(b"A: " + b"a" * 1_500 + b"\r\n")


def test_a_chunk_extension_without_an_end_is_refused(reader):
    """It brings nothing of the body either."""
    reader.feed(CHUNKED)
    reader.feed(b"1;")
    for _ in range(9):
        reader.feed(b"a" * 1_000)
    with pytest.raises(RequestError, match="headers_too_large"):
        reader.feed(b"a" * 1_500)


def test_a_body_is_not_bounded(reader):
    """However long it takes, and with trailers in the end."""
    reader.feed(CHUNKED)
    for _ in range(100):
        reader.feed(b"3e8\r\n" + b"a" * 1_000 + b"\r\n")
        assert 1_000 == len(reader.take_body())
    reader.feed(b"0\r\nA: b\r\n\r\n")
    assert reader.is_complete


def test_what_is_discarded_is_held_no_more(reader):
    """The part of a body that nobody has taken included; and it doesn't look as if the body were whole."""
    reader.feed(CHUNKED + b"3e8\r\n" + b"a" * 500)
    reader.discard()
    assert (0, b"", False) == (reader.held_bytes, reader.take_body(), reader.is_complete)


def test_a_reader_whose_body_went_wrong_can_be_discarded(reader):
    """What was wrong with it has been said."""
    reader.feed(CHUNKED)
    with pytest.raises(RequestError):
        reader.feed(b"nonsense\r\n")
    reader.discard()
    assert 0 == reader.held_bytes
