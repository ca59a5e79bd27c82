"""Addresses of an upstream that are gone without a word, as those of a pod on a node that went away."""

from __future__ import annotations

import contextlib
import socket
import time

import pytest

import manifests
import raw


@pytest.fixture
def gone():
    """An address that answers no attempt to connect: its backlog is full, and the kernel drops what comes."""
    with contextlib.ExitStack() as sockets:
        server = sockets.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):
            filler = sockets.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
        yield server.getsockname()


def test_a_request_does_not_wait_for_an_address_that_is_gone(gone, start_gateway, module_upstream, upstream):
    """No request takes half a second while one of two addresses of its upstream does not answer."""
    endpoints = [{"address": host, "port": port} for host, port in (gone, module_upstream.address)]
    spec = {"endpoints": endpoints, "timeouts": {"keepAlive": "0s"}}
    gateway = start_gateway([manifests.service(upstream=spec), manifests.route()])
    took_s = []
    for _ in range(6):
        began = time.monotonic()
        assert 200 == raw.ask(gateway.listen, raw.request("/")).status
        took_s.append(time.monotonic() - began)
    assert 0.5 > max(took_s)
    assert 6 == len(upstream.requests)
