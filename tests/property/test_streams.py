"""Whatever clients send, and wherever it is cut: each gets what it would get alone, and so do the upstreams.

The oracle is what each request gets alone: in one packet, on a connection of its own, from a gateway that remembers
nothing and has no other client.  Against it stand gateways that remember, that do not, and that other clients of the
same address have fed with halves of requests first, and in between.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from data_port import Loop, Port

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
SWITCH = b"HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
HOST = b" HTTP/1.1\r\nHost: h\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
BODY = b"GET /in-a-body HTTP/1.1\r\nHost: h\r\n\r\n"

GET = b"GET /a" + HOST + b"Authorization: Bearer t1\r\n\r\n"
PLAIN = b"GET /plain" + HOST + b"\r\n"
REQUESTS = [
    GET,
    GET.replace(b"t1", b"another-token"),
    GET.replace(b"\r\n\r\n", b"\r\nX-Behind: b\r\n\r\n"),
    PLAIN,
    b"HEAD /head" + HOST + b"\r\n",
    b"POST /none" + HOST + b"Content-Length: 0\r\n\r\n",
    b"POST /length" + HOST + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY,
    b"POST /large" + HOST + b"Content-Length: 4000\r\n\r\n" + b"\r\n\r\n\n" * 800,
    b"POST /expect" + HOST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\nab",
    b"PUT /chunks" + HOST + CHUNKED + b"\r\n%x\r\n" % len(BODY) + BODY + b"\r\n1;x=y\r\na\r\n0\r\n\r\n",
    b"PUT /blank" + HOST + CHUNKED + b"\r\n4\r\n\r\n\r\n\r\n0\r\n\r\n",
    b"PUT /trailer" + HOST + CHUNKED + b"\r\n0\r\nX-Trailer: t\r\nAuthorization: Bearer trailer\r\n\r\n",
    b"PUT /empty-trailer" + HOST + CHUNKED + b"\r\n1\r\na\r\n0\r\nX-Trailer:\r\n\r\n",
    b"GET /refused" + HOST + b"\r\n",
    b"GET /refused" + HOST + b"Authorization: Bearer t1\r\n\r\n",
]
LAST = [
    b"GET /last" + HOST + b"Connection: close\r\n\r\n",
    b"GET /old HTTP/1.0\r\nHost: h\r\n\r\n",
    b"GET /bare HTTP/1.0\r\n\r\n",
    b"GET /ws" + HOST + b"Connection: upgrade\r\nUpgrade: websocket\r\n\r\n\r\n\r\nframes",
    b"nonsense\r\n\r\n",
    b"GET /two-hosts" + HOST + b"Host: h\r\n\r\n",
    b"GET /expects" + HOST + b"Expect: much\r\n\r\n",
    b"GET /has/../../dots" + HOST + b"Authorization: Bearer t1\r\n\r\n",
    b"GET /cut-off" + HOST + b"X-Long: ",
]
# One empty line is ignored, anything else refused.
BLANKS = [b"", b"", b"", b"", b"\r\n", b"\r\n", b"\r\n\r\n", b"\n", b"\r"]


class World:
    """A gateway of its own, and clients that all come from one address."""

    def __init__(self, *, remembers: bool) -> None:
        self.loop = Loop()
        self.port = Port(self.loop, remembers_heads=remembers)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.loop.run_until_complete(self.port.gateway.close())
        self.loop.settle()
        assert [] == self.loop.unhandled
        self.loop.close()

    def client(self):
        return Talk(self)

    def written(self) -> bytes:
        """What has gone upstream since the last time."""
        return b"".join(it.transport.take() for it in self.loop.dialled)


class Talk:
    """A client, what came back to it, and what went upstream for it."""

    def __init__(self, world: World) -> None:
        self.world, self.client = world, world.port.client()
        self.upstream = b""

    def send(self, packet: bytes) -> None:
        """Send a packet, and have each request answered that is whole."""
        if self.client.transport.is_paused or self.client.transport.end:
            return
        self.client.send(packet)
        self.upstream += self.world.written()
        while (exchange := self.client.connection.exchange) is not None:
            is_waiting = exchange._upstream is not None and exchange._upstream.handler is exchange
            if not is_waiting or exchange.state.name == "TUNNEL" or not self.client.connection.reader.is_complete:
                break
            self.world.port.answer(SWITCH if exchange.head.is_websocket else OK, exchange._upstream)
            self.upstream += self.world.written()

    def outcome(self):
        """All that was said on both sides; chunks are as they came, so what they hold counts."""
        said = re.sub(rb"Date: [^\r]*\r\n", b"", self.client.transport.written)
        is_over = self.client.transport.said_eof or bool(self.client.transport.end)
        return said, is_over, requests(self.upstream)


def requests(sent: bytes) -> list[tuple[bytes, bytes]]:
    """Heads and bodies of what has gone upstream."""
    found = []
    while sent:
        head, _, sent = sent.partition(b"\r\n\r\n")
        length = re.search(rb"\r\nContent-Length: (\d+)", head)
        body, size = b"", int(length[1]) if length else 0
        if b"\r\nTransfer-Encoding: chunked" in head:
            while sent:
                line, _, sent = sent.partition(b"\r\n")
                body, sent, is_last = body + sent[: int(line, 16)], sent[int(line, 16) + 2 :], not int(line, 16)
                if is_last:
                    break
        elif head.endswith(b"Upgrade: websocket"):
            size = len(sent)
        found.append((head, body + sent[:size]))
        sent = sent[size:]
    return found


def pieces(content: bytes, cuts) -> list[bytes]:
    at = [0, *sorted({cut for cut in cuts if 0 < cut < len(content)}), len(content)]
    return [content[start:end] for start, end in pairwise(at)]


@cache
def alone(request: bytes):
    """What one request gets in one packet, from a gateway of its own."""
    with World(remembers=False) as world:
        talk = world.client()
        talk.send(request)
        return talk.outcome()


def expected_of(requests_: list[bytes]):
    """What they get one after the other, until the connection ends."""
    said, sent, is_over = b"", [], False
    for request in requests_:
        if not is_over:
            more, is_over, went = alone(request)
            said, sent = said + more, sent + went
    return said, is_over, sent


@st.composite
def streams(draw):
    """Requests on one connection, at times with blank lines before them and one that is the last, and the packets.

    They are cut anywhere, but mostly around the ends of heads, where readers go wrong.
    """
    chosen = draw(st.lists(st.sampled_from(REQUESTS), min_size=1, max_size=5))
    last = draw(st.sampled_from([[], [], *([it] for it in LAST)]))
    stream = [draw(st.sampled_from(BLANKS)) + it for it in [*chosen, *last]]
    content = b"".join(stream)
    ends = [match.start() for match in re.finditer(rb"\r\n\r\n", content)]
    near = st.builds(lambda at, by: at + by, st.sampled_from(ends), st.integers(1, 4))
    cuts = draw(st.lists(st.one_of(near, near, st.integers(0, len(content))), max_size=8))
    return stream, pieces(content, cuts)


# Which of two attackers, what it sends, and how many of the victim's own packets, which it knows, come after that.
ATTACKS = st.lists(st.tuples(st.sampled_from([0, 1]), streams(), st.integers(0, 2)), max_size=4)


def play(world: World, parts: list[bytes], attacks=()):
    """Send a client's packets, with attacks before each of them in turn, and give what came of them."""
    attackers = [world.client(), world.client()]
    talk = world.client()
    hostile = [(attackers[who], packet) for who, (_, mine), own in attacks for packet in [*mine, *parts[:own]]]
    share = -(-len(hostile) // len(parts))
    for number, part in enumerate(parts):
        for attacker, packet in hostile[number * share : (number + 1) * share]:
            attacker.send(packet)
        talk.send(part)
    return talk.outcome()


STOLEN = b"GET /stolen HTTP/1.1\r\nHost: evil\r\nAuthorization: Bearer t1\r\n\r\n"


@example(([GET, b"\r\n\r\n" + GET], [GET[:-3], b"\n\r\n\r\n\r\n" + GET]), [])
@example(([GET], [GET]), [(0, ([], [GET]), 0), (1, ([], [PLAIN[:-1], b"\n" + STOLEN]), 1)])
@given(streams(), ATTACKS)
def test_each_client_gets_what_its_requests_get_alone(victim, attacks):
    """With what is remembered of heads, without it, and after another client has done its worst."""
    stream, parts = victim
    expected = expected_of(stream)
    for remembers, hostile in ((False, []), (True, []), (True, attacks), (False, attacks)):
        with World(remembers=remembers) as world:
            assert [expected] * 3 == [play(world, parts, hostile), play(world, parts), play(world, parts)]


@pytest.mark.parametrize("remembers", [True, False], ids=["remembers", "does not"])
@pytest.mark.parametrize("second", REQUESTS, ids=lambda it: it.split(b" ")[1].decode())
@pytest.mark.parametrize("first", [PLAIN, REQUESTS[9], REQUESTS[11]], ids=["head", "chunks", "trailer"])
def test_two_requests_may_be_cut_at_every_place(first, second, remembers):
    """On one gateway, which gets to know them all."""
    content, expected = first + second + GET, expected_of([first, second, GET])
    places = [*range(len(first) + 5), *range(len(first) + len(second) - 6, len(content))]
    with World(remembers=remembers) as world:
        for place in places:
            assert expected == play(world, pieces(content, [place]))
