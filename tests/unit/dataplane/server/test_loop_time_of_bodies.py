"""The worst that a body can hold the event loop: below 5 ms of processor time for each turn."""

from __future__ import annotations

import time

import pytest

from processor_time import LeastTime

LIMIT_S = 0.005
# What one read of a socket brings at most.
READ = b"1\r\nx\r\n" * (256 * 1024 // 6)
HEAD = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def longest_turn(loop):
    """Runs a function and what it asks the loop for; gives the longest time that one turn took."""

    def run(function, *args):
        loop.call_soon(function, *args)
        times = [0.0]
        while loop._ready:
            began = time.thread_time()
            loop.call_soon(loop.stop)
            loop.run_forever()
            times.append(time.thread_time() - began)
        return max(times)

    return run


def test_a_request_of_one_byte_chunks(make_port, longest_turn):
    """A body of one-byte chunks goes upstream as one chunk per part, also where it comes with its head."""
    times = LeastTime()
    for _ in range(5):
        port = make_port()
        client = port.client()
        times.keep(longest_turn(client.connection.data_received, HEAD + READ))
        sent = port.upstream.transport.written
        assert (len(READ) // 6, True) == (sent.count(b"x"), sent.count(b"\r\n") < 400)
    assert LIMIT_S > times.seconds


def test_a_response_of_one_byte_chunks(make_port, longest_turn):
    """The client gets one chunk for each part."""
    times = LeastTime()
    for _ in range(5):
        port = make_port()
        client = port.client().get()
        client.transport.written = b""
        times.keep(longest_turn(port.upstream.data_received, ANSWER + READ))
        got = client.transport.written
        assert (len(READ) // 6, True) == (got.count(b"x"), got.count(b"\r\n") < 400)
    assert LIMIT_S > times.seconds


def test_a_body_behind_another_request(make_port, longest_turn):
    """What has waited for its turn is no more than is read at once."""
    times = LeastTime()
    for _ in range(5):
        port = make_port()
        client = port.client()
        first = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        longest_turn(client.connection.data_received, first)
        before = longest_turn(client.connection.data_received, HEAD + READ)
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        times.keep(max(before, longest_turn(port.upstream.data_received, answer)))
    assert LIMIT_S > times.seconds
