"""What is read of an answer: whole ones, long ones, slow ones, and what is none."""

from __future__ import annotations

import pytest

from one_answer import serving
from postern_console import send_request as module
from postern_console.send_request import ANSWER_BYTES_MAX, NoAnswer, answer_of, send_request

HEAD = b"HTTP/1.1 200 OK\r\nX-A: b\r\n"


async def test_the_bytes_go_as_they_are_and_the_answer_is_read():
    """A redirect of it is shown, and not followed."""
    async with serving(b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 2\r\n\r\nok") as (
        url,
        seen,
    ):
        answer = await send_request(url, b"GET /x HTTP/1.1\r\n\r\n", "GET")
    assert (302, b"ok", True) == (answer.status, answer.body, answer.is_whole)
    assert [b"GET /x HTTP/1.1\r\n\r\n"] == seen


@pytest.mark.parametrize(
    ("rest", "method", "body", "is_whole"),
    [
        (b"\r\nto the end", "GET", b"to the end", True),
        (b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", "GET", b"ab", True),
        (b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n5\r\nx", "GET", b"ab", False),
        (b"Content-Length: 9\r\n\r\nab", "GET", b"ab", False),
        (b"Content-Length: 99999999999999999999999\r\n\r\nab", "GET", b"", False),
        (b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffffffff\r\nab", "GET", b"", False),
        (b"Content-Length: 9\r\n\r\n", "HEAD", b"", True),
        (b"\r\n" + b"x" * ANSWER_BYTES_MAX, "GET", None, False),
    ],
)
def test_a_body_is_read_by_its_framing(rest, method, body, is_whole):
    """What is cut off is shown as far as it came."""
    answer = answer_of((HEAD + rest)[:ANSWER_BYTES_MAX], method)
    assert is_whole == answer.is_whole
    assert body is None or body == answer.body


@pytest.mark.parametrize("content", [b"", b"SSH-2.0\r\n", b"HTTP/1.1 200", b"HTTP/1.1 abc OK\r\n\r\n"])
def test_what_is_no_answer_is_said(content):
    """The message does not quote what came instead."""
    if content == b"HTTP/1.1 200":
        assert 200 == answer_of(content, "GET").status
        return
    with pytest.raises(NoAnswer, match="gives no answer of HTTP"):
        answer_of(content, "GET")


async def test_an_answer_without_an_end_is_shown_after_a_while(monkeypatch):
    """After the timeout its beginning is shown; a gateway that is not there is named."""
    monkeypatch.setattr(module, "TIMEOUT_S", 0.2)
    async with serving(HEAD + b"\r\nticks", ends=False) as (url, _):
        assert b"ticks" == (await send_request(url, b"GET / HTTP/1.1\r\n\r\n", "GET")).body
    with pytest.raises(NoAnswer, match="can't be reached"):
        await send_request(url, b"GET / HTTP/1.1\r\n\r\n", "GET")
