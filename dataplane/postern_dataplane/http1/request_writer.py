"""The head of a request for the upstream, written as HTTP/1.1: fields as lines, and how the body is framed."""

from __future__ import annotations

from postern_dataplane.request.head import RequestHead, UpstreamHead


def request_bytes(head: RequestHead, upstream: UpstreamHead) -> bytes:
    """The whole head, its blank line included; `head` is the client's, by which the body is framed."""
    return head_lines(upstream, framing(head))


def head_lines(upstream: UpstreamHead, end: bytes = b"") -> bytes:
    """The request line, Host and the fields, each line ended, and what stands behind them."""
    start = f"{upstream.method} {upstream.target} HTTP/1.1\r\nHost: ".encode("utf-8", "surrogateescape")
    return b"".join((start, upstream.authority, b"\r\n", upstream.lines, end))


def framing(head: RequestHead) -> bytes:
    """The fields that frame the body or ask for an upgrade, and the blank line.

    A chunked body stays chunked, and one with a Content-Length keeps that.
    """
    lines = b""
    if head.chunked:
        lines = b"Transfer-Encoding: chunked\r\n"
    elif head.content_length is not None:
        lines = b"Content-Length: %d\r\n" % head.content_length
    if head.is_websocket:
        lines += b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
    return lines + b"\r\n"
