"""One client sends what it likes, in packets as it likes: the requests of others are read as if it had not been."""

from __future__ import annotations

import msgspec
import pytest

from heads import bearer, head, packet_of, table
from manifests import route, service
from postern_dataplane.decision.decide import decide
from postern_dataplane.decision.verification_cache import NullCache
from postern_dataplane.request.field_layout import taken_apart
from postern_dataplane.server.answers import answer_of
from postern_dataplane.server.decision_cache import DecisionCache
from postern_dataplane.settings import Limits
from postern_dataplane.telemetry.events import RequestRecord

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
VICTIM = b"GET /victim HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer %b\r\n\r\n"
STOLEN = b"GET /stolen HTTP/1.1\r\nHost: evil\r\nAuthorization: Bearer t1\r\n\r\n"
FIRST = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
RECORD = RequestRecord("", "", "", "")
CHUNKED = b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"


def targets(port):
    """What has gone upstream, on whatever connection."""
    heads = b"".join(it.transport.written for it in port.loop.dialled).split(b" HTTP/1.1\r\n")[:-1]
    return [head.rpartition(b" ")[2].decode() for head in heads]


def send(port, client, *packets):
    """Send packets, and answer each request that is whole; gives the statuses."""
    for packet in packets:
        client.send(packet)
        while client.connection.reader.is_complete and (asked := [it for it in port.loop.dialled if it.handler]):
            port.answer(OK, asked[0])
    return client.statuses()


@pytest.mark.parametrize("cut", range(1, 5))
@pytest.mark.parametrize("beginning", [FIRST, CHUNKED + b"\r\n", CHUNKED + b"X-Trailer: a\r\n\r\n"])
def test_a_head_that_comes_with_the_end_of_another_is_not_taken_for_the_next(port, beginning, cut):
    """The second request of a packet is a request; it is neither lost nor read for the one that comes after it."""
    send(port, port.client(), VICTIM % b"t1")
    attacker = port.client()
    assert [200, 200] == send(port, attacker, beginning[:-cut], beginning[-cut:] + STOLEN)
    assert [200, 200] == send(port, attacker, VICTIM % b"t1", VICTIM % b"t1")
    assert [200] == send(port, port.client(), VICTIM % b"t2")
    assert ["/victim", "/a", "/stolen", *["/victim"] * 3] == targets(port)
    assert b"Host: h\r\nAuthorization: Bearer t2\r\n" in port.upstream.transport.written


@pytest.mark.parametrize("blank", [b"\r", b"\n", b"\r\n\r\n", b"\r\n\r\n\r\n"])
@pytest.mark.parametrize("is_apart", [True, False], ids=["apart", "in front"])
def test_blank_lines_between_requests_are_refused(port, blank, is_apart):
    """Wherever they come, also where what follows them is known already."""
    send(port, port.client(), VICTIM % b"t1", VICTIM % b"t1")
    for _ in range(3):
        packets = [FIRST, *([blank, VICTIM % b"t1"] if is_apart else [blank + VICTIM % b"t1"]), STOLEN]
        assert [200, 400] == send(port, port.client(), *packets)


@pytest.mark.parametrize("is_apart", [True, False], ids=["apart", "in front"])
def test_one_empty_line_between_requests_hides_nothing(port, is_apart):
    """Wherever it comes, each request is answered once."""
    for _ in range(3):
        client = port.client()
        packets = [FIRST, *([b"\r\n", VICTIM % b"t1"] if is_apart else [b"\r\n" + VICTIM % b"t1"]), STOLEN]
        assert [200] * 3 == send(port, client, *packets)
    assert ["/a", "/victim", "/stolen"] * 3 == targets(port)


def test_a_trailer_is_no_field_of_the_next_request(port):
    """Not of the one that came with it either, nor of one that another client sends through the same proxy."""
    trailing = CHUNKED + b"X-Consumer: evil\r\nAuthorization: Bearer evil\r\n\r\n"
    for packets in ([trailing, FIRST], [trailing + FIRST], [trailing[:-1], b"\n" + FIRST]):
        assert [200, 200] == send(port, port.client(), *packets)
    sent = b"".join(it.transport.written for it in port.loop.dialled)
    assert (6, False) == (sent.count(b" HTTP/1.1\r\n"), b"evil" in sent)


HEADS = {
    "another target": {"target": "/v1/stolen"},
    "another method": {"method": "DELETE"},
    "another version": {"http_minor": 0},
    "another host": dict(zip(("layout", "field_values"), taken_apart(((b"Host", b"evil.example.com"),)), strict=True)),
    "another length": {"content_length": 0},
}


def store(heads, table_, packet, asked):
    """Decide about a head, and have the decision remembered."""
    heads.store(table_, packet, asked, answer_of(asked, decide(asked, table_, NullCache(), 0.0)), host="", path="")


@pytest.mark.parametrize("token", [None, "t1"], ids=["no token", "token"])
@pytest.mark.parametrize("more", [pytest.param(it, id=name) for name, it in HEADS.items()])
def test_a_packet_that_reads_differently_alone_is_not_remembered(more, token):
    """Whatever is believed of its connection: what the packet says by itself is what counts."""
    fields = [bearer(token)] if token else []
    table_, heads = table(service(), route()), DecisionCache(Limits(), None)
    packet = heads.packet("connection_key", packet_of(head("/v1/a", *fields)))
    said = msgspec.structs.replace(head("/v1/a", *fields), **more)
    for _ in range(3):
        store(heads, table_, packet, said)
        assert heads.lookup(table_, NullCache(), packet, 0.0) is None
    for _ in range(2):
        store(heads, table_, packet, head("/v1/a", *fields))
    assert "/v1/a" == heads.lookup(table_, NullCache(), packet, 0.0)[0].head.target


@pytest.mark.parametrize("name", ["X-Token", "Connection"])
def test_a_packet_with_a_field_that_is_not_its_own_is_not_remembered(name):
    """As a trailer of the request before it would be."""
    table_, heads = table(service(), route()), DecisionCache(Limits(), None)
    packet = heads.packet("connection_key", packet_of(head("/v1/a", bearer("t1"))))
    for _ in range(3):
        store(heads, table_, packet, head("/v1/a", (name, "a"), bearer("t1")))
    assert heads.lookup(table_, NullCache(), packet, 0.0) is None


def test_the_stand_in_of_a_token_may_be_in_the_head():
    """A head that contains the stand-in of a token proves nothing of other tokens, and is read each time."""
    table_, heads = table(service(), route()), DecisionCache(Limits(), None)
    asked = head("/v1/a?x-0.Y_z", bearer("t1"))
    packet = heads.packet("connection_key", packet_of(asked))
    for _ in range(3):
        store(heads, table_, packet, asked)
    assert heads.lookup(table_, NullCache(), packet, 0.0) is None
