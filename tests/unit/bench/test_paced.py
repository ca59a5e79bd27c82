"""An open load asks at its rate whatever it is answered, and counts each wrong answer."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import struct
import threading
import time

import pytest
from bench.material import SECRET, Key
from bench.mixed import ANSWER_BYTES, requests
from bench.paced import Pacer, interval_timer, read_shots
from bench.wrk import write_raw

LENGTH = {f"{number:x}".encode(): size for number, size in enumerate(ANSWER_BYTES)}


def right(head):
    """As the application answers."""
    body = b"x" * LENGTH[head.split()[1].partition(b"?")[0][-1:]]
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


@pytest.fixture
def gateway():
    """A server whose answers are made by a function; it may be stopped for a time."""
    with contextlib.ExitStack() as stack:

        def run(answer):
            server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=64))
            going = threading.Event()
            going.set()

            def serve(client):
                unread = b""
                with client, contextlib.suppress(OSError):
                    while got := client.recv(65536):
                        unread += got
                        while whole := re.match(rb".*?\r\n\r\n", unread, re.DOTALL):
                            unread = unread[whole.end() :]
                            going.wait()
                            if (said := answer(whole[0])) is None:
                                return
                            client.sendall(said)

            def accept():
                with contextlib.suppress(OSError):
                    while True:
                        threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

            threading.Thread(target=accept, daemon=True).start()
            return server.getsockname()[1], going

        yield run


@pytest.fixture(scope="module")
def shots(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shots")
    made = list(requests(Key("HS256", SECRET, SECRET), 200, uploads=False))
    return read_shots(write_raw(folder / "raw", (one.wire for one in made)), None)


def asked(port, shots, *, rate=200, seconds=1.0, connections=4):
    return Pacer(port, shots, 0, rate, connections).run(seconds)


def test_requests_come_at_the_rate(gateway, shots):
    """No more of them because the answers come at once."""
    port, _ = gateway(right)
    seen = asked(port, shots)
    assert (200, 0) == (seen.requests, seen.errors)
    assert 0.9 < seen.seconds < 3


def test_a_stop_is_seen_by_all_that_were_due_meanwhile(gateway, shots):
    """With four connections only four requests are under way; those that wait for them have waited as long."""
    port, going = gateway(right)
    going.clear()
    threading.Timer(0.5, going.set).start()
    seen = asked(port, shots)
    assert (200, 0) == (seen.requests, seen.errors)
    # Those due in the first half of the stop are a quarter of all.
    assert seen.p90_ms > 250
    assert seen.most_ms > 400


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        (lambda head: right(head).replace(b" 200 ", b" 401 "), "401 instead of 200"),
        (lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", "another length"),
        (lambda head: right(head) + b"more", "another length"),
        (lambda _: b"HTTP/1.1 200 OK\r\n\r\n", "no length"),
        (lambda _: None, "closed"),
    ],
)
def test_each_wrong_answer_is_an_error(wrong, what, gateway, shots):
    """The load goes on with another connection."""
    turns = iter(range(10**6))
    port, _ = gateway(lambda head: wrong(head) if next(turns) % 10 == 0 else right(head))
    seen = asked(port, shots)
    assert 200 == seen.requests + seen.errors
    assert {what: seen.errors} == seen.wrong
    assert 5 <= seen.errors <= 25


def test_a_connection_that_the_gateway_ends_is_asked_no_more(gateway, shots):
    """Another one takes its place; the answer counts."""
    port, _ = gateway(lambda head: right(head).replace(b" OK\r\n", b" OK\r\nConnection: close\r\n"))
    seen = asked(port, shots, seconds=0.5)
    assert (100, 0) == (seen.requests, seen.errors)


def test_a_refusal_is_right_where_it_is_expected(gateway, shots, tmp_path):
    """Of what length is the gateway's affair."""
    (tmp_path / "statuses").write_text("401 " * len(shots))
    raw = write_raw(tmp_path / "raw", (one.wire for one in shots))
    port, _ = gateway(lambda _: b"HTTP/1.1 401 No\r\ncontent-length: 3\r\n\r\nnay")
    seen = asked(port, read_shots(raw, tmp_path / "statuses"), seconds=0.2)
    assert (40, 0) == (seen.requests, seen.errors)


def test_the_timer_ticks_evenly():
    """Ticks that were not read in time are told at once."""
    timer = interval_timer(0.002)
    try:
        time.sleep(0.1)
        (ticks,) = struct.unpack("q", os.read(timer, 8))
    finally:
        os.close(timer)
    assert ticks >= 49
