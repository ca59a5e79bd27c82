"""Bodies that are larger than their route or the gateway takes, over sockets."""

from __future__ import annotations

import pytest

import manifests
import raw
from gateway import DataPlane, open_to

CHUNK = b"3e8\r\n" + b"x" * 1_000 + b"\r\n"
POST = "POST {} HTTP/1.1\r\nHost: app.example.com\r\n"


@pytest.fixture(scope="module")
def gateway(start_gateway, module_upstream):
    """A gateway that takes a megabyte at the most, with a route that takes four kilobytes."""
    small = manifests.route("small", paths=[{"type": "Prefix", "value": "/small"}], maxRequestBody="4k")
    return start_gateway([*open_to(module_upstream.address), small], "--max-request-body", "1M", kind=DataPlane)


@pytest.mark.parametrize(("target", "size"), [("/small", 4_001), ("/", 1_000_001)])
def test_a_length_that_is_too_large_is_refused_at_once(gateway, upstream, target, size):
    """The 413 does not wait for the body, no 100 asks for it, and the application sees no request."""
    with raw.Client(gateway.listen) as client:
        client.send(POST.format(target) + f"Content-Length: {size}\r\nExpect: 100-continue\r\n\r\n")
        answer = client.answer()
        assert (413, "close", b"") == (answer.status, answer.value("Connection"), client.rest())
    assert not upstream.requests


@pytest.mark.parametrize(("target", "chunks"), [("/small", 5), ("/", 1_001)])
def test_chunks_are_counted_while_they_come(gateway, upstream, target, chunks):
    """A client that writes all of its chunks before it reads gets the 413, and the application no whole request."""
    head = (POST.format(target) + "Transfer-Encoding: chunked\r\n\r\n").encode()
    assert 413 == raw.ask(gateway.listen, head + CHUNK * chunks + b"0\r\n\r\n").status
    assert 413 == raw.ask(gateway.listen, head + CHUNK * chunks * 3).status
    assert not any(seen.is_whole for seen in upstream.requests)
    answer = raw.ask(gateway.listen, head + CHUNK * (chunks - 1) + b"0\r\n\r\n")
    assert (200, 1) == (answer.status, sum(seen.is_whole for seen in upstream.requests))
