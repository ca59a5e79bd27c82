"""The header fields of a response, changed by a route."""

from __future__ import annotations

from heads import head
from postern_dataplane.http1.response_writer import ResponseWriter
from postern_dataplane.request.response_edits import ResponseEdits

EDITS = ResponseEdits(frozenset({b"server", b"x-frame-options"}), ((b"X-Frame-Options", b"DENY"),))
CORS = ((b"Access-Control-Allow-Origin", b"https://a.example"), (b"Vary", b"Origin"))


def test_what_stays_comes_first():
    """Removed names are gone in any case of letters, and all else stays in its order, before what is written."""
    fields = [(b"SERVER", b"a"), (b"X-A", b"1"), (b"x-frame-options", b"ALLOWALL"), (b"X-A", b"2")]
    assert [(b"X-A", b"1"), (b"X-A", b"2")] == EDITS.kept(fields)
    sent = ResponseWriter(print, head(), edits=EDITS).begin(200, b"OK", fields, closes=False).head
    assert sent.startswith(b"HTTP/1.1 200 OK\r\nX-A: 1\r\nX-A: 2\r\nX-Frame-Options: DENY\r\n")


def test_the_upstream_s_fields_are_no_list_of_the_edits():
    """What is removed or written is not taken out of the list that came, nor written into it."""
    fields = [(b"Server", b"a"), (b"X-A", b"1")]
    ResponseWriter(print, head(), edits=EDITS).begin(200, b"OK", fields, closes=False)
    assert 2 == len(fields)


def test_cors_is_said_after_every_filter():
    """A filter of the snapshot neither allows a page anything where the route has cors, nor keeps it from one."""
    edits = ResponseEdits(frozenset({b"vary"}), ((b"Access-Control-Allow-Origin", b"*"),))
    fields = [(b"Vary", b"Accept"), (b"Content-Length", b"0")]
    sent = ResponseWriter(print, head(), cors=CORS, edits=edits).begin(200, b"OK", fields, closes=False).head
    assert b"\r\nAccess-Control-Allow-Origin: https://a.example\r\nVary: Origin\r\n" in sent
    assert (1, 1) == (sent.count(b"Access-Control"), sent.count(b"Vary"))
