"""A response's way to the client."""

from __future__ import annotations

import pytest

from heads import head
from postern_dataplane.http1.response import BadResponse
from postern_dataplane.http1.response_writer import ResponseWriter
from postern_dataplane.request.response_edits import ResponseEdits

LENGTH = [(b"Content-Length", b"5"), (b"Date", b"now")]
UNKNOWN = [(b"Date", b"now")]


class Written(list):
    def download(self, http_minor=1):
        return ResponseWriter(self.append, head(http_minor=http_minor))


def test_what_one_packet_brought_goes_out_in_one_write():
    """Head and body, or several chunks."""
    written = Written()
    download = written.download()
    download.begin(200, b"OK", LENGTH, closes=False)
    download.add(b"he")
    download.add(b"llo")
    assert [] == written
    assert (True, False) == (download.flush(), download.flush())
    download.end()
    assert [b"HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 5\r\n\r\nhello"] == written
    assert 5 == download.size_bytes


def test_what_has_no_length_is_chunked():
    """A body without a length is chunked, and its last chunk is sent."""
    written = Written()
    download = written.download()
    download.begin(200, b"OK", UNKNOWN, closes=False)
    download.flush()
    download.add(b"0123456789")
    download.end()
    assert [b"a\r\n0123456789\r\n0\r\n\r\n"] == written[1:]


def test_http_1_0_is_never_chunked():
    """The end of the connection is that of the body, so a cut would be taken for one."""
    written = Written()
    download = written.download(http_minor=0)
    assert not download.cut_is_unseen
    download.begin(200, b"OK", UNKNOWN, closes=False)
    download.add(b"0123456789")
    download.end()
    assert b"\r\n\r\n0123456789" in written[0]
    assert written[0].endswith(b"0123456789")
    assert download.cut_is_unseen


def test_what_has_not_gone_out_can_be_taken_back():
    """A refusal takes its place."""
    written = Written()
    download = written.download()
    download.begin(200, b"OK", LENGTH, closes=False)
    download.discard()
    assert (False, False, []) == (download.flush(), download.head_is_out, written)


def test_a_head_is_out_once_it_is_sent():
    """Not when it came."""
    download = Written().download()
    download.begin(200, b"OK", LENGTH, closes=False)
    assert not download.head_is_out
    download.flush()
    assert download.head_is_out


def test_a_bad_head_leaves_nothing():
    """There is no response then."""
    download = Written().download()
    with pytest.raises(BadResponse):
        download.begin(200, b"OK", LENGTH * 2 + [(b"Content-Length", b"6")], closes=False)
    assert (None, False) == (download.response, download.flush())


def test_small_chunks_of_one_packet_go_out_as_one():
    """A response of one-byte chunks costs the client's side one chunk for each packet."""
    written = Written()
    download = written.download()
    download.begin(200, b"OK", UNKNOWN, closes=False)
    download.flush()
    for _ in range(100):
        download.add(b"x")
    download.flush()
    assert ([b"64\r\n" + b"x" * 100 + b"\r\n"], 100) == (written[1:], download.size_bytes)


def test_no_connection_field_takes_back_what_the_gateway_writes():
    """RFC 9110, section 7.6.1, is about the upstream's own fields; a policy of the gateway's must reach the client."""
    names = b"X-Frame-Options, Access-Control-Allow-Origin, Vary, X-Own"
    fields = [(b"Connection", names), (b"X-Frame-Options", b"ALLOWALL"), (b"X-Own", b"1"), (b"Content-Length", b"0")]
    edits = ResponseEdits(frozenset({b"x-frame-options"}), ((b"X-Frame-Options", b"DENY"),))
    cors = ((b"Access-Control-Allow-Origin", b"https://a.example"), (b"Vary", b"Origin"))
    writer = ResponseWriter(print, head(), cors=cors, edits=edits)
    lines = writer.begin(200, b"OK", fields, closes=False).head.split(b"\r\n")
    kept = [line for line in lines[1:-2] if not line.startswith((b"Date", b"Content-Length"))]
    written = [b"X-Frame-Options: DENY", b"Access-Control-Allow-Origin: https://a.example", b"Vary: Origin"]
    assert written == kept
