"""Applications that close idle connections: no request is lost to one, and none is done twice."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

import pytest

import raw
from gateway import open_to

IDLE_S = 0.3
POST = raw.request("/", method="POST", body=b"a=1")


class Application:
    """Closes a connection that has been idle for a while, and counts the requests that it has read."""

    def __init__(self, fields: str = "", idle_s: float = IDLE_S) -> None:
        self.requests = self.connections = 0
        self._answer = f"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n{fields}\r\nok".encode()
        self._idle_s = idle_s
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = self._server.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(TimeoutError):
            connection.settimeout(self._idle_s)
            seen = b""
            while data := connection.recv(65_536):
                seen += data
                if seen.endswith(b"a=1"):
                    seen, self.requests = b"", self.requests + 1
                    connection.sendall(self._answer)

    def close(self) -> None:
        self._server.close()


@pytest.fixture
def start():
    """Starts applications, and ends them."""
    with contextlib.ExitStack() as started:
        yield lambda *how: started.enter_context(contextlib.closing(Application(*how)))


def statuses(gateway, pauses_s):
    """What comes of a POST after each of these pauses, on one connection of the client."""
    with raw.Client(gateway.listen) as client:
        found = []
        for pause_s in pauses_s:
            time.sleep(pause_s)
            found.append(client.ask(POST, method="POST").status)
    return found


def test_a_post_that_meets_a_closed_connection_is_sent_again(start, start_gateway):
    """Of POSTs just after an upstream closes its idle connections, those that it never read are sent again, once."""
    application = start()
    gateway = start_gateway(open_to(application.address))
    found = statuses(gateway, [IDLE_S + (number - 10) / 2000 for number in range(20)])
    # What has come to the application's system, and not to it, may be reset, which says nothing of what it read.
    assert found.count(502) <= 2
    assert 20 - found.count(502) == found.count(200) == application.requests
    assert application.connections > 5


def test_the_keep_alive_time_of_an_upstream_is_obeyed(start, start_gateway):
    """`Keep-Alive: timeout=` says when it closes: the gateway closes first."""
    application = start("Keep-Alive: timeout=1\r\n", 5)
    gateway = start_gateway(open_to(application.address))
    assert [200] * 3 == statuses(gateway, [0, 0.1, 0.6])
    assert (3, 2) == (application.requests, application.connections)


def test_the_idle_time_is_settable_per_upstream(start, start_gateway):
    """With `keepAlive: 0s` each request has a connection of its own."""
    application = start("", 5)
    gateway = start_gateway(open_to(application.address, timeouts={"keepAlive": "0s"}))
    assert [200] * 3 == statuses(gateway, [0, 0, 0])
    assert (3, 3) == (application.requests, application.connections)
