"""Bodies: passed on as they come, of any size, in little memory, and never faster than they are taken."""

from __future__ import annotations

import hashlib
import threading

import pytest

import raw
from gateway import Local
from secure_gateway import SecureDataPlane
from upstream_behaviours import CountsBody, Download, Gate, early, echo, says

LARGE = 64 * 2**20
# What a large body may cost; it would be LARGE if anything kept it.
ROOM = 16 * 2**20

PIECE = bytes(range(256)) * 256
DIGEST = hashlib.sha256(PIECE * (LARGE // len(PIECE))).hexdigest()


@pytest.fixture(scope="module", params=[Local, SecureDataPlane], ids=["plain", "TLS"])
def kind(request):
    return request.param


def digest_of(client, size):
    digest, missing = hashlib.sha256(), size
    while missing:
        part = client.exactly(min(missing, 2**20))
        assert part, f"{missing} bytes are missing"
        digest.update(part)
        missing -= len(part)
    return digest.hexdigest()


def test_a_large_download_needs_little_memory(gateway, upstream):
    """64 MiB come through whole."""
    upstream.on("/down", Download(LARGE))
    before = gateway.peak_bytes()
    with raw.Client(gateway.listen) as client:
        client.send(raw.request("/down"))
        assert f"Content-Length: {LARGE}\r\n".encode() in client.until(b"\r\n\r\n")
        assert DIGEST == digest_of(client, LARGE)
    assert gateway.peak_bytes() - before < ROOM


def test_a_large_download_in_chunks_needs_little_memory(gateway, upstream):
    """64 MiB without a length come through whole."""
    upstream.on("/down", Download(LARGE, chunked=True))
    before = gateway.peak_bytes()
    answer = raw.ask(gateway.listen, raw.request("/down"))
    assert (True, "chunked") == (answer.is_whole, answer.value("Transfer-Encoding"))
    assert DIGEST == hashlib.sha256(answer.body).hexdigest()
    assert gateway.peak_bytes() - before < ROOM


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_slow_reader_slows_down_the_upstream(chunked, gateway, upstream):
    """Who doesn't read makes the upstream wait, and nothing piles up in between."""
    download = Download(LARGE, chunked=chunked)
    upstream.on("/down", download)
    before = gateway.peak_bytes()
    with raw.Client(gateway.listen, receive_buffer=2**16) as client:
        client.send(raw.request("/down"))
        assert raw.until_still(lambda: download.sent) < LARGE
        assert gateway.peak_bytes() - before < ROOM
        answer = client.answer()
    assert (True, LARGE) == (answer.is_whole, len(answer.body))
    assert gateway.peak_bytes() - before < ROOM


def test_a_slow_upstream_slows_down_the_client(gateway, upstream):
    """An upload waits for the upstream to read, and nothing piles up in between."""
    taken = CountsBody()
    upstream.on("/up", taken)
    before = gateway.peak_bytes()
    sent = 0

    def upload(client):
        nonlocal sent
        while sent < LARGE:
            client.socket.sendall(PIECE)
            sent += len(PIECE)

    with raw.Client(gateway.listen) as client:
        client.send(f"POST /up HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: {LARGE}\r\n\r\n")
        thread = threading.Thread(target=upload, args=(client,))
        thread.start()
        assert raw.until_still(lambda: sent) < LARGE
        taken.gate.set()
        thread.join()
        assert 200 == client.answer().status
    assert (LARGE, LARGE) == (sent, taken.size)
    assert gateway.peak_bytes() - before < ROOM


def test_an_upload_is_passed_on_before_it_is_whole(gateway, upstream):
    """The upstream gets what has come of a body while the rest is still to come."""
    upstream.on("/up", echo)
    with raw.Client(gateway.listen) as client:
        client.send("POST /up HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 10\r\n\r\nhello")
        upstream.until_requests(1)
        assert not upstream.requests[0].is_whole
        assert b"POST /up HTTP/1.1\nhellothere" == client.ask("there").body


def test_a_download_is_passed_on_before_it_is_whole(gateway, upstream):
    """The client gets what has come of a body while the rest is still to come."""
    gate = Gate("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n")
    upstream.on("/events", gate)
    with raw.Client(gateway.listen) as client:
        client.send(raw.request("/events"))
        assert client.until(b"\r\nhello\r\n").endswith(b"\r\n\r\n5\r\nhello\r\n")
        gate.open()


@pytest.mark.parametrize(
    ("parts", "body"),
    [
        pytest.param(["5\r\nhello\r\n0\r\n\r\n"], b"hello", id="one chunk"),
        pytest.param(["5", "\r", "\nhel", "lo\r", "\n0\r\n", "\r\n"], b"hello", id="split anywhere"),
        pytest.param(["5;a=b\r\nhello\r\n0;c\r\n\r\n"], b"hello", id="extensions"),
        pytest.param(["5\r\nhello\r\n0\r\nX-Trailer: {secret}\r\n\r\n"], b"hello", id="a trailer"),
        pytest.param(["0\r\n\r\n"], b"", id="nothing"),
    ],
)
def test_a_chunked_answer_arrives_as_it_was_meant(parts, body, gateway, upstream):
    """The client gets the same content in chunks without extensions and trailers, and the connection stays."""
    upstream.on("/chunks", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Trailer\r\n\r\n", *parts))
    with raw.Client(gateway.listen) as client:
        answer = client.ask(raw.request("/chunks"))
        assert (200, body, True) == (answer.status, answer.body, answer.is_whole)
        assert (None, None) == (answer.value("Trailer"), answer.value("X-Trailer"))
        assert 200 == client.ask(raw.request("/after")).status
    assert upstream.requests[0].connection == upstream.requests[1].connection


def test_an_answer_that_ends_with_the_connection_becomes_chunks(gateway, upstream):
    """The client can tell that such a body is whole, and keeps its connection."""
    upstream.on("/close", says("HTTP/1.1 200 OK\r\n\r\n", "hello", "there", closes=True))
    with raw.Client(gateway.listen) as client:
        answer = client.ask(raw.request("/close"))
        assert ("chunked", b"hellothere", True) == (answer.value("Transfer-Encoding"), answer.body, answer.is_whole)
        assert 200 == client.ask(raw.request("/after")).status


def test_a_client_of_http_1_0_gets_no_chunks(gateway, upstream):
    """It knows the end of a body by the end of the connection."""
    upstream.on("/chunks", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n"))
    said = raw.everything(gateway.listen, "GET /chunks HTTP/1.0\r\nHost: app.example.com\r\n\r\n")
    head, _, body = said.partition(b"\r\n\r\n")
    assert b"hello" == body
    assert b"transfer-encoding" not in head.lower()


def test_an_answer_before_the_end_of_the_request_is_passed_on(gateway, upstream):
    """The client gets it while it is still sending, and both connections end, because their state is unknown."""
    upstream.on("/early", early("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"))
    with raw.Client(gateway.listen) as client:
        client.send("POST /early HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 1000000\r\n\r\nhello")
        answer = client.answer()
        assert (413, b"no", "close") == (answer.status, answer.body, answer.value("Connection"))
        assert b"" == client.rest()
    upstream.wait(lambda: upstream.requests[0].is_gone, "the gateway to close")


EXPECT = "POST /up HTTP/1.1\r\nHost: app.example.com\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"


def test_a_body_that_waits_is_asked_for_by_the_upstream(gateway, upstream):
    """The gateway hands on the expectation and the upstream's 100, and says none of its own."""

    def behave(exchange):
        exchange.send("HTTP/1.1 100 Continue\r\n\r\n")
        echo(exchange)

    upstream.on("/up", behave)
    with raw.Client(gateway.listen) as client:
        client.send(EXPECT)
        assert b"HTTP/1.1 100 Continue\r\n\r\n" == client.until(b"\r\n\r\n")
        answer = client.ask("hello")
    assert (200, b"POST /up HTTP/1.1\nhello") == (answer.status, answer.body)
    assert "100-continue" == upstream.requests[0].fields["expect"]


def test_a_body_that_waits_need_not_be_wanted(gateway, upstream):
    """A refusal at once is passed on without a 100, and the connection ends, as the body may still come."""
    upstream.on("/up", early("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"))
    with raw.Client(gateway.listen) as client:
        client.send(EXPECT)
        assert 401 == client.answer().status
        assert b"" == client.rest()


def test_a_body_that_does_not_wait_any_longer_is_taken(gateway, upstream):
    """An upstream that never says 100 gets the body when the client sends it."""
    upstream.on("/up", echo)
    with raw.Client(gateway.listen) as client:
        client.send(EXPECT)
        upstream.until_requests(1)
        answer = client.ask("hello")
    assert (200, b"POST /up HTTP/1.1\nhello") == (answer.status, answer.body)
