"""Which connections were closed before any byte of a request was read: on real sockets, as the system is asked."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest
import uvloop

from postern_dataplane.http1.head_readers import read_response
from postern_dataplane.upstream.connection import UpstreamConnection
from raw import reset_on_close

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n"


class Handler:
    """An exchange that waits for its end."""

    method = "POST"

    def __init__(self):
        self.end = asyncio.get_running_loop().create_future()

    def response_arrived(self, status, phrase, fields):
        return read_response(status, phrase, fields, method="POST", http_minor=1, closes=False)

    def response_ended(self):
        self.end.set_result("whole")

    def packet_read(self):
        pass

    def upstream_failed(self, kind):
        self.end.set_result(kind)


async def end_of(break_it, parts, *, is_reused=True):
    """How a POST ends on a connection that the upstream breaks; nothing runs between that and the request."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: UpstreamConnection("it"), *server.getsockname()
        )
        peer, _ = server.accept()
        if is_reused:
            first = Handler()
            connection.begin(first, POST)
            peer.sendall(OK)
            assert await first.end == "whole"
            peer.recv(65_536)
            connection.release()
        handler = Handler()
        if break_it is not reads_it:
            break_it(peer)
        connection.begin(handler, parts[0])
        for part in parts[1:]:
            time.sleep(0.01)  # noqa: ASYNC251 # the loop must not read the end meanwhile
            if not handler.end.done():
                connection.write(part)
        if break_it is reads_it:
            break_it(peer)
        async with asyncio.timeout(5):
            return await handler.end


def closes(peer):
    peer.close()


def resets(peer):
    reset_on_close(peer)
    peer.close()


def reads_it(peer):
    assert peer.recv(65_536)
    peer.close()


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize(
    ("break_it", "parts", "is_reused", "kind"),
    [
        (closes, [POST + b"a"], True, "stale"),
        (closes, [POST, b"a"], True, "stale"),
        (closes, [POST, b"a" * 1000, b"a" * 1000], True, "stale"),
        (closes, [POST + b"a"], False, "reset"),
        (resets, [POST + b"a"], True, "reset"),
        (reads_it, [POST + b"a"], True, "reset"),
        (reads_it, [POST, b"a"], True, "reset"),
    ],
)
def test_a_request_that_no_byte_was_read_of_is_known(run, break_it, parts, is_reused, kind):
    """Only where the upstream had ended an idle connection, and acknowledges nothing of the request."""
    assert kind == run(end_of(break_it, parts, is_reused=is_reused))
