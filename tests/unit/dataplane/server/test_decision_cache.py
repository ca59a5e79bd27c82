"""A request that is the same, byte for byte, as one before is not read again; and nobody can tell.

What may differ is the token: see `test_known_frames`.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from types import SimpleNamespace

import msgspec
import pytest

from postern_dataplane.decision.decide import decide
from postern_dataplane.decision.verification_cache import NullCache
from postern_dataplane.listener import ListenerConfig
from postern_dataplane.request.tls_session import TlsSession
from postern_dataplane.server import decision_cache, gateway
from postern_dataplane.server.decision_cache import HEAD_BYTES_MAX, DecisionCache
from postern_dataplane.settings import Limits

GET = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
OTHER = b"GET /b HTTP/1.1\r\nHost: h\r\n\r\n"
REFUSED = b"GET /refused HTTP/1.1\r\nHost: h\r\n\r\n"
LAST = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
OLD = GET.replace(b"1.1", b"1.0")
POST = b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


@pytest.fixture
def decided(monkeypatch):
    """The targets that were decided about, in order; `decided.until` changes how long that holds."""

    class Decided(list):
        until = None

    found = Decided()

    def decide_and_tell(head, table, cache, now_s):
        found.append(head.target)
        decision = decide(head, table, cache, now_s)
        if found.until is None:
            return decision
        authorized = msgspec.structs.replace(decision.authorized, until=found.until)
        return msgspec.structs.replace(decision, authorized=authorized)

    monkeypatch.setattr(gateway, "decide", decide_and_tell)
    return found


def ask(port, client, *packets):
    """Send packets, and answer whatever goes upstream; gives the statuses."""
    for packet in packets:
        client.send(packet)
        while port.loop.dialled and port.upstream.handler is not None:
            port.answer(OK)
    return client.statuses()


def test_the_same_request_is_decided_about_twice(port, client, decided):
    """The second time it is remembered; what goes upstream, and what is told of it, is the same each time."""
    assert [200] * 5 == ask(port, client, *[GET] * 5)
    assert ["/a", "/a"] == decided
    heads = port.upstream.transport.written.split(b"\r\n\r\n")[:-1]
    assert (5, 1) == (len(heads), len(set(heads)))
    told = {(it.method, it.host, it.path, it.peer, it.route, it.status, it.bytes_out) for it in port.observer.records}
    assert {("GET", "h", "/a", "192.0.2.1", "demo/all", 200, 2)} == told


def test_a_refusal_is_remembered_too(port, client, decided):
    """A refusal is remembered, apart from what passes."""
    assert [503] * 4 + [200] * 4 == ask(port, client, *[REFUSED] * 4, *[GET] * 4)
    assert ["/refused", "/refused", "/a", "/a"] == decided


def test_it_is_known_on_other_connections(port, decided):
    """Of the same address, which upstreams are told."""
    for _ in range(4):
        assert [200] == ask(port, port.client(), GET)
    assert ["/a", "/a"] == decided


def test_another_address_is_another_request(port, decided):
    """As it is told upstream."""
    ask(port, port.client(), GET, GET)
    other = port.client()
    other.connection.connection_key = other.connection.listener.way_of("192.0.2.2")
    ask(port, other, GET)
    assert ["/a"] * 3 == decided


def test_another_entrance_is_another_request(port, decided):
    """Its scheme and port are told upstream."""
    ask(port, port.client(), GET, GET)
    ask(port, port.client(ListenerConfig(is_tls=True)), GET)
    assert ["/a"] * 3 == decided
    assert b"X-Forwarded-Proto: https\r\n" in port.upstream.transport.written


def test_a_request_over_tls_is_remembered_for_the_name_of_its_connection(port, decided):
    """Connections for one name know of each other; a connection for another name is asked anew."""
    for name in ("h", "h", "other", "h"):
        client = port.client(ListenerConfig(is_tls=True))
        client.connection.tls = TlsSession(name)
        client.connection.connection_key = client.connection.listener.way_of("192.0.2.1", name)
        ask(port, client, GET)
    assert ["/a"] * 3 == decided


def test_a_new_table_knows_nothing(port, client, decided):
    """What was decided by the last one is worth nothing."""
    ask(port, client, GET, GET)
    upstream = port.active_table.table.upstreams["Service/demo/app"]
    port.serve(upstream.backend, *upstream.endpoints)
    ask(port, client, GET)
    assert ["/a"] * 3 == decided


def test_it_ends_with_the_token(port, client, decided, monkeypatch):
    """To the moment."""
    decided.until = time.time() + 1000
    ask(port, client, GET, GET)
    for after, expected in ((-0.001, 2), (0, 3)):
        monkeypatch.setattr(time, "time", lambda after=after: decided.until + after)
        ask(port, client, GET)
        assert expected == len(decided)


def test_what_time_may_heal_is_not_remembered(port, client, decided):
    """A token that is early may be in time next time."""
    decided.until = 0.0
    ask(port, client, GET, GET, GET)
    assert ["/a"] * 3 == decided


@pytest.mark.parametrize(
    "packets",
    [
        pytest.param((POST + b"ab",), id="a body"),
        pytest.param((GET + OTHER,), id="two requests"),
        pytest.param((GET + OTHER[:9], OTHER[9:]), id="the beginning of another"),
        pytest.param((GET[:9], GET[9:]), id="two packets"),
        pytest.param((b"\r\n", GET), id="an empty line in a packet of its own"),
        pytest.param((GET + b"\r\n", OTHER), id="an empty line behind it"),
        pytest.param((GET + b"GET /c HTTP/1.1\r\nA: ", OTHER), id="a head that is another's line"),
        pytest.param((GET.replace(b"/a", b"/a?" + b"x" * HEAD_BYTES_MAX),), id="a long head"),
    ],
)
def test_only_a_packet_that_is_one_head_is_remembered(port, decided, packets):
    """Anything else is read each time, and reads the same."""
    once = ask(port, port.client(), *packets)
    first = list(decided)
    client = port.client()
    assert [once] * 3 == [ask(port, client, *packets) for _ in range(3)]
    assert first * 4 == decided


@pytest.mark.parametrize("target", ["/a", "/refused"])
@pytest.mark.parametrize("last", [LAST, OLD], ids=["Connection: close", "HTTP/1.0"])
def test_a_known_last_request_ends_its_connection(port, decided, last, target):
    """A request that ends its connection is remembered as others are, and nothing behind it is answered."""
    last = last.replace(b"/a", target.encode())
    ends = []
    for _ in range(3):
        client = port.client()
        client.send(last).send(OTHER)
        while port.loop.dialled and port.upstream.handler is not None:
            port.answer(OK)
        ends.append((client.transport.said_eof, client.transport.written.count(b"\r\nConnection: close\r\n")))
    assert ([(True, 1)] * 3, [target] * 2) == (ends, decided)


def test_a_known_request_between_two_keeps_its_connection(port, client, decided):
    """What is known of a request that ends its connection says nothing of one that doesn't, nor the reverse."""
    ask(port, client, GET, GET, GET)
    for _ in range(3):
        ask(port, port.client(), LAST)
    assert ([200], False) == (ask(port, client, GET), client.transport.said_eof)
    assert ["/a"] * 4 == decided


@pytest.mark.parametrize("between", [POST + b"ab", OTHER, GET + GET, REFUSED], ids=["POST", "GET", "two", "refused"])
def test_what_comes_between_changes_nothing(port, client, between):
    """The parser takes up where it was."""
    once = ask(port, port.client(), GET, between)
    assert once * 3 + [200] == ask(port, client, *[GET, between] * 3, GET)


def test_a_known_head_within_a_body_is_a_body(port, client, decided):
    """Bytes are what they were announced as."""
    ask(port, client, GET, GET)
    client.send(b"POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(GET))
    client.send(GET)
    assert port.upstream.transport.written.endswith(b"\r\n\r\n" + GET)
    port.answer(OK)
    assert (["/a", "/a", "/b"], [200]) == (decided, client.statuses())


def test_a_known_head_within_a_head_is_a_line_of_it(port, client, decided):
    """Of one whose beginning came behind the last request, in the same packet."""
    ask(port, client, OTHER, OTHER)
    ask(port, client, GET + b"GET /c HTTP/1.1\r\nA: ", OTHER)
    assert (["/b", "/b", "/a", "/c"], b"GET /c") == (
        decided,
        port.upstream.transport.written.split(b"\r\n\r\n")[-2][:6],
    )


def test_a_known_head_waits_for_its_turn(port, client):
    """As any request that comes before the last one's answer."""
    ask(port, client, GET, GET)
    port.upstream.transport.take()
    client.send(GET).send(GET).send(OTHER)
    assert 1 == port.upstream.transport.written.count(b"GET ")
    for _ in range(3):
        port.answer(OK)
    assert [200, 200, 200] == client.statuses()
    assert [b"GET /a", b"GET /a", b"GET /b"] == [
        head[:6] for head in port.upstream.transport.written.split(b"\r\n\r\n")[:-1]
    ]


def test_a_client_that_takes_no_answers_begins_nothing(port, client):
    """Not with a known head either."""
    ask(port, client, GET, GET)
    client.block()
    client.send(GET)
    assert client.connection.exchange is None
    client.unblock()
    port.answer(OK)
    assert [200] == client.statuses()


def test_a_draining_gateway_says_that_it_is_the_last(port, client):
    """As it does to anybody."""
    ask(port, client, GET, GET)
    client.send(GET)
    port.gateway.is_draining = True
    port.answer(OK)
    assert b"Connection: close\r\n" in client.take()


def test_nothing_is_known_without_a_table():
    """A gateway that has none yet answers 503."""
    known = DecisionCache(Limits(), None)
    assert None is known.lookup(None, NullCache(), known.packet("connection_key", GET), 0.0)


@pytest.mark.parametrize("bound", ["max_header_line_bytes", "max_headers_bytes"])
def test_no_head_is_remembered_that_could_be_too_large(bound):
    """With another token: so those in question are read, which tells."""
    known = DecisionCache(Limits(**{bound: len(GET)}), None)
    assert [False, True] == [known.packet("connection_key", content) is None for content in (GET, GET + b" ")]


def test_what_has_come_once_is_no_burden(port, client, monkeypatch):
    """However many heads come that never come again."""
    monkeypatch.setattr(decision_cache, "ONCE_MAX", 10)
    ask(port, client, *(GET.replace(b"/a", b"/%d" % number) for number in range(25)))
    known = port.gateway.decision_cache
    assert (5, 0) == (len(known._seen), len(known._passing))


def test_what_comes_again_after_more_than_are_remembered_is_not_kept(port, client, monkeypatch):
    """It would be forgotten before its next turn."""
    monkeypatch.setattr(decision_cache, "ONCE_MAX", 10)
    others = [GET.replace(b"/a", b"/%d" % number) for number in range(12)]
    ask(port, client, GET, *others, GET)
    assert 0 == len(port.gateway.decision_cache._passing)
    ask(port, client, *others[:2], GET)
    assert 1 == len(port.gateway.decision_cache._passing)


def test_what_is_remembered_is_bounded_in_bytes():
    """Heads of many short fields take most: fewer of them are remembered."""
    with contextlib.closing(asyncio.new_event_loop()) as loop:
        heads = DecisionCache(Limits(), loop)
    for number in range(2_000):
        head = SimpleNamespace(field_values=[None] * 98)
        entry = SimpleNamespace(head=head, answer_bytes=0, further_bytes=0, keys=0)
        heads._passing.put(("connection_key", b"%01000d" % number, b""), entry)
    assert 6 * 2**20 < len(heads._passing) * (4_000 + 98 * 150) <= 12 * 2**20
