"""Every way in which an exchange can fail: each has one record, and the client is never left to guess."""

from __future__ import annotations

import pytest

from postern_core.snapshot import Backend, Endpoint

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n"
POST = b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n"
UPGRADE = ("Connection: Upgrade", "Upgrade: websocket")
SWITCH = b"HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"


def backend(**settings):
    return Backend(id="Service/demo/app", **settings)


def has_ended(port, client, *, status, reason, end):
    """Assert one record, one answer of ours at most, and how the connection ended."""
    assert [(status, reason)] == port.outcomes()
    how = client.transport.end or ("eof" if client.transport.said_eof else "")
    assert end == how


# What the upstream does.


def test_nobody_takes_the_connection(port, client):
    """After a second attempt at it."""
    port.loop.failures = [ConnectionRefusedError()] * 2
    client.get()
    assert [502] == client.statuses()
    has_ended(port, client, status=502, reason="upstream_connect_failed", end="")
    assert [("Service/demo/app", "connect_failed")] * 2 == port.observer.errors


def test_connecting_takes_too_long(make_port):
    """Each attempt has its time."""
    port = make_port(backend=backend(connect_timeout_ms=2_000, retry_attempts=1))
    client = port.client()
    port.loop.pending = port.loop.create_future()
    client.get()
    port.loop.pass_time(2)
    assert [] == port.outcomes()
    port.loop.pass_time(2)
    assert [504] == client.statuses()
    has_ended(port, client, status=504, reason="upstream_timeout", end="")


def test_connecting_has_no_other_time_than_its_own(make_port):
    """Only the connect time-out applies while connecting, for that of the request's head is over."""
    port = make_port(backend=backend(connect_timeout_ms=30_000))
    port.loop.pending = port.loop.create_future()
    client = port.client()
    client.get()
    port.loop.pass_time(29)
    port.loop.call(port.loop.pending.set_result, None)
    port.answer(OK)
    has_ended(port, client, status=200, reason="", end="")


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_a_reset_without_an_answer_is_tried_again(port, client, method):
    """An idempotent request without a body, on a new connection."""
    client.get(method=method)
    port.reset()
    assert (2, []) == (len(port.loop.dialled), port.outcomes())
    assert port.upstream.transport.take().startswith(method.encode())
    port.answer(OK)
    has_ended(port, client, status=200, reason="", end="")
    assert [("Service/demo/app", "reset")] == port.observer.errors


def test_a_connection_that_grew_stale_is_tried_again(port, client):
    """Its end and the request have crossed; the other idle ones are not trusted either."""
    other = port.client()
    client.get()
    other.get()
    for connection in port.loop.dialled:
        port.answer(OK, connection)
    client.get()
    used = next(it for it in port.loop.dialled if it.handler is not None)
    port.reset(used)
    assert 3 == len(port.loop.dialled)
    port.answer(OK)
    assert [200, 200] == client.statuses()


@pytest.mark.parametrize(
    ("request_", "retries"),
    [
        (b"POST / HTTP/1.1\r\nHost: h\r\n\r\n", 5),
        (POST.replace(b"POST", b"PUT") + b"0123456789", 5),
        (POST.replace(b"POST", b"PUT"), 5),
        (b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", 0),
    ],
    ids=["not idempotent", "with a body", "with a body to come", "no attempts"],
)
def test_a_reset_is_not_tried_again(make_port, request_, retries):
    """What may have been done is not done twice."""
    port = make_port(backend=backend(retry_attempts=retries))
    client = port.client()
    client.send(request_)
    port.reset()
    assert ([502], 1) == (client.statuses(), len(port.loop.dials))
    assert [(502, "upstream_reset")] == port.outcomes()


def test_attempts_end(port, client):
    """A second reset is the last."""
    client.get()
    port.reset()
    port.reset()
    assert ([502], 2) == (client.statuses(), len(port.loop.dials))


@pytest.mark.parametrize(
    "begun", [b"HTTP/1.1 103 Early Hints\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"], ids=["hints", "continue"]
)
def test_after_a_part_of_an_answer_nothing_is_tried_again(port, client, begun):
    """The upstream has begun to work on it."""
    client.get()
    port.answer(begun)
    port.reset()
    assert ([int(begun[9:12]), 502], 1) == (client.statuses(), len(port.loop.dials))


def test_rubbish_is_not_tried_again(port, client):
    """A new connection would bring the same."""
    client.get()
    port.answer(b"220 smtp\r\n")
    has_ended(port, client, status=502, reason="upstream_bad_response", end="")
    assert ([502], 1) == (client.statuses(), len(port.loop.dials))


def test_a_bad_body_in_the_first_packet_is_refused_whole(port, client):
    """Nothing of the answer had gone out."""
    client.get()
    port.answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n")
    assert [502] == client.statuses()
    has_ended(port, client, status=502, reason="upstream_bad_response", end="")


@pytest.mark.parametrize("head", [OK[:-1], CHUNKED], ids=["length", "chunked"])
@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_a_cut_in_the_middle_is_seen(port, client, head, version):
    """By a missing end, or, where the end is that of the connection, by a reset of it."""
    client.get(version=version)
    port.answer(head)
    port.reset()
    is_unseen = version == "1.0" and head == CHUNKED
    has_ended(port, client, status=200, reason="upstream_reset", end="abort" if is_unseen else "close")
    assert not client.take().endswith(b"0\r\n\r\n")


def test_rubbish_in_the_middle_is_a_cut(port, client):
    """Not a whole answer."""
    client.get()
    port.answer(CHUNKED)
    port.answer(b"nonsense\r\n")
    has_ended(port, client, status=200, reason="upstream_bad_response", end="close")


# Who takes too long.


def test_a_body_that_does_not_come_is_the_client_s_fault(port, client):
    """408."""
    client.send(POST)
    assert 20.0 == client.connection.deadline.at - port.loop.now
    client.expire()
    assert [408] == client.statuses()
    has_ended(port, client, status=408, reason="request_timeout", end="eof")


def test_a_body_that_is_not_taken_is_the_upstream_s_fault(port, client):
    """504."""
    client.send(POST)
    port.loop.call(port.upstream.pause_writing)
    client.expire()
    assert [504] == client.statuses()
    has_ended(port, client, status=504, reason="upstream_timeout", end="eof")
    assert ("abort", False) == (port.upstream.transport.end, client.transport.is_paused)


def test_an_answer_that_does_not_come(port, client):
    """504, and the connection that it was to come on is not used again."""
    client.get()
    assert 30.0 == client.connection.deadline.at - port.loop.now
    client.expire()
    assert [504] == client.statuses()
    has_ended(port, client, status=504, reason="upstream_timeout", end="")
    assert ("abort", [("Service/demo/app", "timeout")]) == (port.upstream.transport.end, port.observer.errors)


def test_an_answer_that_stands_still(port, client):
    """It is cut."""
    client.get()
    port.answer(OK[:-1])
    assert 20.0 == client.connection.deadline.at - port.loop.now
    client.expire()
    has_ended(port, client, status=200, reason="idle_timeout", end="close")
    assert "abort" == port.upstream.transport.end


def test_a_body_that_ends_after_its_answer_began_changes_nothing(port, client):
    """The answer has begun, so it is the answer that stands still."""
    client.send(POST + b"01234")
    port.answer(OK[:-1])
    client.send(b"56789")
    client.expire()
    has_ended(port, client, status=200, reason="idle_timeout", end="close")


def test_an_answer_that_goes_on_has_time(port, client):
    """Each packet gives it more."""
    client.get()
    port.answer(CHUNKED)
    for _ in range(5):
        port.loop.pass_time(19)
        port.answer(b"2\r\nhi\r\n")
    assert [] == port.outcomes()


def test_a_tunnel_that_stands_still(port, client):
    """It is closed, and each direction counts."""
    client.get("/", *UPGRADE)
    port.answer(SWITCH)
    port.loop.pass_time(19)
    client.send(b"x")
    port.loop.pass_time(19)
    port.answer(b"y")
    port.loop.pass_time(19)
    assert [] == port.outcomes()
    client.expire()
    has_ended(port, client, status=101, reason="idle_timeout", end="close")
    assert "close" == port.upstream.transport.end


# The client leaves.


@pytest.mark.parametrize("state", ["connecting", "uploading", "waiting", "downloading", "tunnel"])
def test_the_client_leaves(port, client, state):
    """Nothing goes on for nobody."""
    if state == "connecting":
        port.loop.pending = port.loop.create_future()
    client.send(POST) if state == "uploading" else client.get("/", *(UPGRADE if state == "tunnel" else ()))
    if state in ("downloading", "tunnel"):
        port.answer(OK[:-1] if state == "downloading" else SWITCH)
    client.leave()
    status = {"downloading": 200, "tunnel": 101}.get(state, 499)
    assert [(status, "" if state == "tunnel" else "client_closed")] == port.outcomes()
    if state == "connecting":
        port.loop.call(port.loop.pending.set_result, None)
        assert (1, "") == (len(port.upstream.host.idle), port.upstream.transport.end)
    else:
        assert {"tunnel": "close"}.get(state, "abort") == port.upstream.transport.end
    assert (1, 0) == (len(port.observer.records), port.observer.open)


def test_a_connection_that_fails_for_nobody(port, client):
    """Is told of, and that is all."""
    port.loop.pending = port.loop.create_future()
    client.get()
    client.leave()
    port.loop.failures = [ConnectionRefusedError()] * 2
    port.loop.call(port.loop.pending.set_result, None)
    assert ([(499, "client_closed")], 2) == (port.outcomes(), len(port.observer.errors))


def test_the_client_leaves_when_all_is_done(port, client):
    """There is no second record."""
    client.get()
    port.answer(OK)
    client.leave()
    assert [(200, "")] == port.outcomes()


def test_an_upstream_without_endpoints(make_port):
    """503, and the client may ask again."""
    port = make_port(endpoints=())
    client = port.client()
    client.get()
    assert [503] == client.statuses()
    has_ended(port, client, status=503, reason="upstream_unavailable", end="")


def test_another_address_is_tried_after_a_reset(make_port):
    """Where the first has broken a new connection."""
    port = make_port(endpoints=tuple(Endpoint(address=f"10.0.0.{it}", port=80) for it in (1, 2)))
    client = port.client()
    client.get()
    port.reset()
    assert ["10.0.0.1", "10.0.0.2"] == [host for host, _, _ in port.loop.dials]
