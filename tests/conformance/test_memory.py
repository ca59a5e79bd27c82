"""Clients without a token may hold a bounded amount of a worker's memory together: the largest go, honest ones stay."""

from __future__ import annotations

import contextlib
import time

import pytest

import raw
from gateway import DataPlane, open_to
from secure_gateway import NAME, SecureDataPlane
from upstream_behaviours import silent

MIB = 2**20
# What a worker may hold for its connections here, and what its memory may grow by: the allocator takes some on top.
BUDGET = 16 * MIB
BOUND = 2 * BUDGET
# A TLS connection that was evicted keeps its buffers until the event loop's next turn: those of a few handshakes.
ENDING_BYTES = 3 * MIB
OPTIONS = ("--connection-memory", str(BUDGET), "--header-timeout", "60s")

START = raw.request("/").removesuffix(b"\r\n")
# Each such head takes 160 KiB.
LARGE_HEAD = START + b"".join(b"X-%04d: %s\r\n" % (number, b"a" * 640) for number in range(97))


@pytest.fixture
def gateway(start_gateway, module_upstream):
    """A gateway with little memory, in a worker that has held nothing yet."""
    return start_gateway(open_to(module_upstream.address), *OPTIONS, kind=DataPlane)


@pytest.fixture
def crowd(gateway):
    """Opens connections that send the same, and closes them in the end."""
    with contextlib.ExitStack() as stack:

        def make(count, content):
            made = []
            for _ in range(count):
                made.append(stack.enter_context(raw.Client(gateway.listen)))
                made[-1].send(content)
            return made

        yield make


def honest_answers(gateway):
    """The statuses of a client whose head comes in one packet and of one whose head comes in two."""
    with raw.Client(gateway.listen) as client:
        began_s = time.monotonic()
        client.send(START)
        whole = raw.ask(gateway.listen, raw.request("/"))
        halved = client.ask("\r\n")
        assert time.monotonic() - began_s < 2
    return [whole.status, halved.status]


def test_heads_without_an_end_are_bounded_together(gateway, crowd):
    """A thousand of them would take 150 MiB; the first are told 431, and clients that ask something are answered."""
    before = gateway.peak_bytes()
    clients, answers = [], []
    for _ in range(10):
        clients += crowd(100, LARGE_HEAD)
        answers += honest_answers(gateway)
    assert [200] * 20 == answers
    assert gateway.peak_bytes() - before < BOUND
    first = clients[0].answer()
    assert (431, b"") == (first.status, clients[0].rest())
    raw.until(lambda: gateway.metric("postern_evictions_total", kind="head") > 800, "the evictions to be told")
    evicted = gateway.metric("postern_evictions_total")
    assert evicted == gateway.metric("postern_denials_total", reason="out_of_memory_head") < 1000
    assert 0 < gateway.metric("postern_connection_memory_bytes") <= BUDGET


def test_heads_without_an_end_are_bounded_over_tls(start_gateway, module_upstream):
    """Each takes more, so that fewer fit; the first are told as much as without TLS."""
    gateway = start_gateway(open_to(module_upstream.address), *OPTIONS, kind=SecureDataPlane)
    address = gateway.secure(NAME, gateway.authority.client_context())
    assert 200 == raw.ask(address, raw.request("/")).status
    before = gateway.peak_bytes()
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(raw.Client(address))
        first.send(LARGE_HEAD)
        for _ in range(200):
            stack.enter_context(raw.Client(address)).send(LARGE_HEAD)
        assert 200 == raw.ask(address, raw.request("/")).status
        assert 431 == first.answer().status
    assert gateway.peak_bytes() - before < BOUND + ENDING_BYTES


def test_what_waits_behind_a_request_is_bounded_together(gateway, crowd, module_upstream):
    """Two hundred clients that send on while the upstream is silent: those with the most get 503."""
    module_upstream.on("/silent", silent)
    before = gateway.peak_bytes()
    clients = crowd(200, raw.request("/silent"))
    for client in clients:
        client.send(b"GET / HTTP/1.1\r\nX: " + b"a" * 200_000)
    raw.until(lambda: gateway.metric("postern_evictions_total", kind="request") > 0, "an eviction")
    assert [200, 200] == honest_answers(gateway)
    assert gateway.peak_bytes() - before < BOUND


def test_handshakes_without_an_end_are_bounded_together(start_gateway, module_upstream):
    """First messages of 128 KiB that never end would take 400 KiB each; a client that ends its own is answered."""
    gateway = start_gateway(open_to(module_upstream.address), *OPTIONS, kind=SecureDataPlane)
    before = gateway.peak_bytes()
    message = b"\x01" + (131_000).to_bytes(3, "big") + bytes(130_000)
    pieces = [message[at : at + 16_000] for at in range(0, len(message), 16_000)]
    content = b"".join(b"\x16\x03\x01" + len(piece).to_bytes(2, "big") + piece for piece in pieces)
    with contextlib.ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(raw.Client(gateway.listen[:2])).send(content)
        raw.until(lambda: gateway.metric("postern_tls_handshakes_total", result="evicted") > 0, "an eviction")
        assert 200 == raw.ask(gateway.listen, raw.request("/")).status
    assert gateway.peak_bytes() - before < BOUND
