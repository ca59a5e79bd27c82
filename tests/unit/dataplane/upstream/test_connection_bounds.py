"""How much of a response is kept, whatever packets it comes in."""

from __future__ import annotations

import pytest

from postern_dataplane.flow_control import PART_BYTES
from postern_dataplane.settings import RESPONSE_HEAD_BYTES_MAX

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def asked(make_port):
    """A gateway with a request that waits for its response, and the client that has sent it."""
    port = make_port()
    return port, port.client().get()


def test_a_response_head_of_400_kb_is_refused(asked):
    """The limit of 256 KiB holds also where the last packet brings the end of the head."""
    port, client = asked
    port.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nA: " + b"a" * 200_000)
    port.answer(b"a" * 200_000 + b"\r\n\r\n")
    assert [502] == client.statuses()


def test_trailers_have_the_same_bound(asked):
    """The parser keeps a trailer until its line ends; chunks before it change nothing."""
    port, client = asked
    upstream = port.upstream
    port.answer(CHUNKED + b"1\r\na\r\n0\r\nA: ")
    count = 0
    while not upstream.transport.end:
        port.answer(b"b" * 100_000, upstream)
        count += 100_000
        assert count < 3 * RESPONSE_HEAD_BYTES_MAX
    assert ([200], "close") == (client.statuses(), client.transport.end)


def test_a_body_in_the_largest_packets_has_no_bound(asked):
    """A body in the largest packets has no bound, also where its end comes in a packet of its own."""
    port, client = asked
    port.answer(CHUNKED)
    for _ in range(4):
        port.answer(b"3FFF8\r\n" + b"a" * 0x3FFF8 + b"\r\n")
    port.answer(b"0\r\nA: b\r\n\r\n")
    assert (4 * 0x3FFF8, True) == ((said := client.take()).count(b"aaaa") * 4, said.endswith(b"0\r\n\r\n"))


def test_a_head_s_last_packet_may_bring_much_of_the_body(asked):
    """A read of the socket is almost as large as the bound."""
    port, client = asked
    port.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 256000\r\nX: " + b"a" * 8_000)
    port.answer(b"\r\n\r\n" + b"x" * 256_000)
    assert 256_000 == client.take().count(b"x")


def test_a_body_of_known_length_goes_on_at_once_with_its_head(asked):
    """A body whose length the head says is handed on with it, however many line ends it has, and in one write."""
    port, client = asked
    body = b"\r\n" * 50_000
    port.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + body)
    assert (1, True, False) == (
        client.transport.writes,
        client.transport.written.endswith(b"\r\n\r\n" + body),
        port.upstream.transport.is_paused,
    )


@pytest.mark.parametrize(
    "start",
    [
        CHUNKED,
        b"HTTP/1.1 103 Early Hints\r\n\r\n" + CHUNKED,
        b"HTTP/1.1 103 Early Hints\r\n\r\n" * 3_000 + CHUNKED,
        CHUNKED[:-2] + b"A: " + b"a" * PART_BYTES + b"\r\n\r\n",
    ],
)
def test_chunks_in_the_packet_of_the_head_are_read_in_parts(start, asked):
    """Many chunks, or many responses before the final one, stop no other connection: they are read in parts."""
    port, client = asked
    upstream = port.upstream
    upstream.data_received(start + b"1\r\nb\r\n" * 20_000 + b"0\r\n\r\n")
    assert upstream.transport.is_paused
    port.loop.settle()
    assert (20_000, False) == (client.take().count(b"b"), upstream.transport.is_paused)
