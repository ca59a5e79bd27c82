"""The head of a request for the upstream, as HTTP/1.1."""

from __future__ import annotations

import pytest

from heads import head
from postern_dataplane.http1.request_writer import request_bytes
from postern_dataplane.request.head import UpstreamHead

UPSTREAM = UpstreamHead("GET", "/\udcc3\udca9?q", b"up.example.com:81", b"Accept: */*\r\nX-Empty: \r\n")


def test_fields_are_lines_in_their_order():
    """The request line and Host come first, then the fields and the blank line."""
    expected = b"GET /\xc3\xa9?q HTTP/1.1\r\nHost: up.example.com:81\r\nAccept: */*\r\nX-Empty: \r\n\r\n"
    assert expected == request_bytes(head(), UPSTREAM)


@pytest.mark.parametrize(
    ("more", "end"),
    [
        ({}, b"\r\nX-Empty: \r\n\r\n"),
        ({"content_length": 0}, b"\r\nContent-Length: 0\r\n\r\n"),
        ({"content_length": 5}, b"\r\nContent-Length: 5\r\n\r\n"),
        ({"chunked": True}, b"\r\nTransfer-Encoding: chunked\r\n\r\n"),
        ({"is_websocket": True}, b"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
    ],
)
def test_a_body_is_framed_as_the_client_s(more, end):
    """A chunked body stays chunked, and a length stays that length."""
    assert request_bytes(head(**more), UPSTREAM).endswith(end)
