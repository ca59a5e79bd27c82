"""What copies hold, and for how long; what arrives of them is tested on sockets."""

from __future__ import annotations

import pytest

from heads import head, table
from manifests import route, service
from postern_dataplane.decision.outcome import Authorized
from postern_dataplane.server.mirroring import ANSWER_BYTES_MAX, BODY_BYTES_MAX, COPIES_MAX
from postern_dataplane.server.rotations import Rotations

HEAD = b"GET /copy HTTP/1.1\r\nHost: b\r\n\r\n"
MIRROR = "Service/default/app/mirror/0"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


def mirrored(percent=100, namespace="default"):
    mirror = {"endpoints": [{"address": "10.0.0.9", "port": 80}], "percent": percent}
    app = service(namespace=namespace, upstream={"url": "http://10.0.0.1"}, mirrors=[mirror])
    return table(app, route(namespace=namespace))


def split_of(namespace):
    [row] = mirrored(namespace=namespace).hosts.find("app.example.com").at("/")
    return row.split


@pytest.fixture
def split():
    return split_of("default")


@pytest.fixture
def made(port):
    """The mirroring of a port, with its loop and what it counts."""
    return port.gateway.mirroring


def copies(made, split, method="GET", *fields):
    return made.copies("Route/default/all", split, (HEAD,) * 2, head("/copy", *fields, method=method))


def test_a_copy_ends_with_its_answer(port, made, split):
    """The connection is kept for the next one, and the result is counted."""
    for _ in range(2):
        port.loop.call(copies(made, split).send, b"id")
        assert b"X-Request-Id: id\r\n\r\n" == port.upstream.transport.take()[-20:]
        port.answer(OK)
    assert [(MIRROR, "answered")] * 2 == port.observer.mirrored
    assert 1 == len(port.loop.dialled)


def test_a_copy_is_never_sent_again(port, made, split):
    """A connection that breaks, and one that can't be made, are counted, and that is all."""
    port.loop.call(copies(made, split).send, b"")
    port.reset()
    port.loop.failures = [OSError()]
    port.loop.call(copies(made, split).send, b"")
    assert ([(MIRROR, "failed")] * 2, 1) == (port.observer.mirrored, len(port.loop.dialled))


def test_a_copy_has_no_copy(port, made, split):
    """A mirror that leads back to the gateway is asked once, where its copies would have copies without an end."""
    port.loop.call(copies(made, split).send, b"")
    assert b"\r\nX-Postern-Copy: true\r\n" in port.upstream.transport.take()
    assert copies(made, split, "GET", ("x-postern-copy", "true")) is None
    assert copies(made, split, "GET", ("x-postern-copie", "true")) is not None


def test_a_silent_mirror_holds_a_copy_for_its_time(port, made, split):
    """After the time of a request the connection is dropped."""
    port.loop.call(copies(made, split).send, b"")
    port.loop.pass_time(61)
    assert ("abort", [(MIRROR, "failed")]) == (port.upstream.transport.end, port.observer.mirrored)


def test_a_long_answer_is_not_read_to_its_end(port, made, split):
    """Beyond its bound the connection is dropped."""
    port.loop.call(copies(made, split).send, b"")
    port.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n")
    for _ in range(ANSWER_BYTES_MAX // 65_536 + 1):
        port.answer(b"x" * 65_536)
    port.loop.settle()
    assert ("abort", [(MIRROR, "answered")]) == (port.upstream.transport.end, port.observer.mirrored)


def test_so_many_copies_are_there_at_a_time(made, split, port):
    """Clients that begin bodies and never end them take no more memory than that, and nothing of anyone's answer."""
    held = [copies(made, split) for _ in range(COPIES_MAX // 2)]
    assert all(held)
    assert copies(made, split) is None
    assert [(MIRROR, "skipped")] == port.observer.mirrored
    held.pop().drop()
    assert copies(made, split) is not None


def test_no_namespace_takes_the_places_of_all_others(made, split):
    """One whose mirror never answers leaves half of the places, and each that does the same leaves half of the rest."""
    counts = []
    for other in (split, *map(split_of, ("b", "c"))):
        counts.append(0)
        while copies(made, other) is not None:
            counts[-1] += 1
    assert [COPIES_MAX // 2, COPIES_MAX // 4, COPIES_MAX // 8] == counts


def test_nothing_is_kept_of_a_namespace_without_copies(made, port):
    """Memory is bounded by the copies, however many namespaces have had one."""
    for number in range(100):
        copies(made, split_of(f"n{number}")).drop()
    assert ({}, 100) == (made._open_by_namespace, len(port.observer.mirrored))


def test_a_body_is_kept_up_to_its_bound(made, split, port):
    """One byte more, and the copy is dropped, its body and its place too."""
    one, other = copies(made, split, "POST"), copies(made, split, "POST")
    for part in (one, other):
        part.add(b"x" * BODY_BYTES_MAX)
    other.add(b"y")
    other.add(b"z")
    assert [(MIRROR, "skipped")] == port.observer.mirrored
    port.loop.call(one.send, b"")
    assert port.upstream.transport.take().endswith(b"\r\n\r\n" + b"x" * BODY_BYTES_MAX)


def test_a_body_that_is_sent_again_is_copied_once(made, split, port):
    """What a retry repeats stands once in the copy."""
    one = copies(made, split, "PUT")
    one.add(b"abc")
    one.restart()
    one.add(b"abcdef")
    port.loop.call(one.send, b"")
    port.loop.call(one.send, b"")
    assert port.upstream.transport.take().endswith(b"\r\n\r\nabcdef")


def test_an_exchange_holds_no_body_of_copies_that_were_sent(made, split, port):
    """Thousands of answers that clients take slowly hold no bodies beyond the bound of the copies."""
    exchanges = []
    for _ in range(COPIES_MAX + 44):
        exchanges.append(copies(made, split, "POST"))
        exchanges[-1].add(b"x" * BODY_BYTES_MAX)
        port.loop.call(exchanges[-1].send, b"")
        port.answer(OK)
    assert [(MIRROR, "answered")] * len(exchanges) == port.observer.mirrored
    assert 0 == sum(len(one._body) for one in exchanges)


def test_samples_are_forgotten_with_their_route(port, made):
    """Memory is bounded by the routes of the table, and a sample goes on while its route stays."""
    quarter = mirrored(percent=25)
    [row] = quarter.hosts.find("app.example.com").at("/")
    taken = [copies(made, row.split) is not None for _ in range(100)]
    assert 25 == sum(taken)
    made.adopt(quarter)
    assert 1 == len(made._samples)
    made.adopt(table(service(), route()))
    assert {} == made._samples


def test_a_mirror_alone_is_no_split():
    """All requests go to the only backend, whose head is the first."""
    [row] = mirrored().hosts.find("app.example.com").at("/")
    outcome, sent = Rotations().choose(Authorized(row.upstream, row), (b"own", b"copy"))
    assert ("Service/default/app", b"own") == (outcome.upstream.id, sent)
