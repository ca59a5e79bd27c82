"""A request's body on its way upstream."""

from __future__ import annotations

import asyncio

import pytest

from postern_dataplane.http1.request_body import HELD_BYTES_MAX, RequestBody
from postern_dataplane.http1.request_reader import RequestReader
from postern_dataplane.settings import Limits

HEAD = b"POST / HTTP/1.1\r\nHost: h\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def begin():
    """Reads the beginning of a request; gives the reader and the upload."""
    loop = asyncio.new_event_loop()

    def begin_(data):
        reader = RequestReader(Limits(), loop)
        message = reader.feed(data)
        return reader, RequestBody(reader, is_chunked=message.chunked)

    yield begin_
    loop.close()


def test_a_body_of_known_length_goes_on_as_it_is(begin):
    """A body of known length is passed on unchanged, and is whole when all of it has been taken."""
    reader, upload = begin(HEAD + b"Content-Length: 5\r\n\r\nhe")
    assert (b"he", False) == (upload.take(), upload.is_whole)
    reader.feed(b"llo")
    assert (b"llo", True, b"", 5) == (upload.take(), upload.is_whole, upload.take(), upload.size_bytes)


def test_a_chunked_body_is_chunked_anew(begin):
    """A chunk for all that came at once, without extensions."""
    reader, upload = begin(CHUNKED + b"3;a=b\r\nhel\r\n2\r\nlo\r\n")
    assert b"5\r\nhello\r\n" == upload.take()
    assert b"" == upload.take()
    reader.feed(b"0\r\n\r\n")
    assert (b"0\r\n\r\n", True, b"") == (upload.take(), upload.is_whole, upload.take())


def test_the_end_comes_with_the_last_chunk(begin):
    """In one write."""
    _, upload = begin(CHUNKED + b"10\r\n0123456789abcdef\r\n0\r\n\r\n")
    assert b"10\r\n0123456789abcdef\r\n0\r\n\r\n" == upload.take()
    assert 16 == upload.size_bytes


def test_an_empty_chunked_body_has_an_end(begin):
    """Just that."""
    assert b"0\r\n\r\n" == begin(CHUNKED + b"0\r\n\r\n")[1].take()


def test_trailers_are_dropped(begin):
    """X-Consumer-Username would be one."""
    assert b"1\r\na\r\n0\r\n\r\n" == begin(CHUNKED + b"1\r\na\r\n0\r\nX-A: b\r\n\r\n")[1].take()


def test_what_is_held_comes_first(begin):
    """With the frames that it was given."""
    reader, upload = begin(CHUNKED + b"1\r\na\r\n")
    assert (len(b"1\r\na\r\n"), 1) == (upload.hold(), upload.size_bytes)
    reader.feed(b"1\r\nb\r\n0\r\n\r\n")
    assert len(b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n") == upload.hold()
    assert (b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n", b"") == (upload.take(), upload.take())


def test_what_came_after_what_is_held_comes_after_it(begin):
    """Order is kept."""
    reader, upload = begin(HEAD + b"Content-Length: 4\r\n\r\nab")
    upload.hold()
    reader.feed(b"cd")
    assert b"abcd" == upload.take()


def test_chunks_may_be_cut_anywhere(begin):
    """The body is the same, and so is its end."""
    body = b"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
    for cut in range(len(body)):
        reader, upload = begin(CHUNKED + body[:cut])
        sent = upload.take()
        reader.feed(body[cut:])
        sent += upload.take()
        assert (True, 5) == (upload.is_whole, upload.size_bytes)
        chunks = sent.removesuffix(b"0\r\n\r\n").split(b"\r\n")
        assert (b"hello", True) == (b"".join(chunks[1::2]), sent.endswith(b"\r\n0\r\n\r\n"))


def test_a_body_that_was_taken_can_be_brought_back(begin):
    """Once, framed as it was, and what comes later follows it."""
    reader, upload = begin(CHUNKED + b"2\r\nhe\r\n")
    upload.remember()
    assert b"2\r\nhe\r\n" == upload.take()
    assert (len(b"2\r\nhe\r\n"), True) == (upload.held_bytes, upload.rewind())
    reader.feed(b"3\r\nllo\r\n0\r\n\r\n")
    assert (b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", True) == (upload.take(), upload.is_whole)
    assert not upload.rewind()


def test_no_more_of_a_body_is_remembered_than_is_little(begin):
    """Nothing is kept without being asked."""
    reader, upload = begin(HEAD + b"Content-Length: %d\r\n\r\n" % (HELD_BYTES_MAX + 1))
    upload.remember()
    for part in (b"a" * HELD_BYTES_MAX, b"a"):
        reader.feed(part)
        upload.take()
    assert (False, 0) == (upload.rewind(), upload.held_bytes)
