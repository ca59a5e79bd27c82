"""A client's connection: how it begins, how it goes on, and how it ends."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import create_autospec

import pytest

from postern_dataplane.decision import decide
from postern_dataplane.request.denials import ROUTE_REFUSED
from postern_dataplane.server.client_connection import NEW_HEADS_MAX, NEW_HEADS_STEP
from postern_dataplane.server.decision_cache import DecisionCache

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
BAD = b"nonsense\r\n\r\n"


def is_idle(client):
    """Whether the connection is open for another request."""
    return not client.transport.said_eof and not client.transport.end


# Whether another request may follow.


@pytest.mark.parametrize(
    ("version", "fields", "said"),
    [
        ("1.1", (), []),
        ("1.1", ("Connection: keep-alive",), []),
        ("1.1", ("Connection: close",), [b"close"]),
        ("1.1", ("Connection: x, Close",), [b"close"]),
        ("1.0", (), [b"close"]),
        ("1.0", ("Connection: keep-alive",), [b"keep-alive"]),
    ],
)
def test_a_connection_goes_on_as_the_client_wants_it(port, client, version, fields, said):
    """RFC 9112, section 9.3; and the answer says so."""
    client.get("/", *fields, version=version)
    port.answer(OK)
    lines = [line[12:] for line in client.take().split(b"\r\n") if line.startswith(b"Connection: ")]
    assert (said, said != [b"close"]) == (lines, is_idle(client))


@pytest.mark.parametrize(
    ("version", "fields", "goes_on"),
    [("1.1", (), True), ("1.1", ("Connection: close",), False), ("1.0", ("Connection: keep-alive",), False)],
)
def test_a_refusal_leaves_the_connection(client, version, fields, goes_on):
    """Where the client knows that it may go on."""
    client.get("/refused", *fields, version=version)
    assert (goes_on, goes_on) == (b"Connection: close" not in client.take(), is_idle(client))


# What can't be read.


@pytest.mark.parametrize(
    ("data", "status", "reason"),
    [
        (BAD, 400, "bad_request"),
        (b"GET / HTTP/1.1\r\nHost: h\r\nExpect: x\r\n\r\n", 417, "expectation_failed"),
        (b"GET /" + b"a" * 9000, 414, "uri_too_long"),
        (b"GET / HTTP/1.1\r\nA: " + b"a" * 20_000, 431, "headers_too_large"),
    ],
)
def test_what_can_not_be_read_is_answered_once(port, client, data, status, reason):
    """An unreadable request is answered once, and ends the connection with all that follows."""
    client.send(data)
    assert [status] == client.statuses()
    client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    assert ([], [(status, reason)]) == (client.statuses(), port.outcomes())
    assert (True, []) == (client.transport.said_eof, port.loop.dials)


def test_what_can_not_be_read_is_recorded_without_what_came(port, client):
    """It may hold a token."""
    port.loop.now += 5
    client.send(b"GET /secret HTTP/1.1\r\nHost: h\r\n")
    port.loop.now += 1
    client.send(b"A : secret\r\n\r\n")
    (record,) = port.observer.records
    assert ("", "", "", "192.0.2.1", 1.0) == (
        record.method, record.host, record.path, record.peer, record.duration_s,
    )  # fmt: skip


@pytest.mark.parametrize("target", ["/%zz", "http://a@b/", "/a#b"])
def test_a_target_without_a_single_reading_is_refused(port, client, target):
    """By the decision; the connection ends all the same."""
    client.get(target)
    assert ([400], [(400, "bad_request")]) == (client.statuses(), port.outcomes())
    assert client.transport.said_eof


@pytest.mark.parametrize("has_begun", [False, True])
def test_a_body_that_can_not_be_read_ends_its_request(port, client, has_begun):
    """With 400, or with a cut where the answer has begun."""
    client.send(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
    if has_begun:
        port.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhi")
    client.send(b"nonsense\r\n")
    status = 200 if has_begun else 400
    assert ([status], [(status, "bad_request")]) == (client.statuses(), port.outcomes())
    assert "abort" == port.upstream.transport.end
    assert has_begun == (client.transport.end == "close")


# Time.


def test_a_connection_that_says_nothing_is_closed(port, client):
    """Without an answer, for there was no request."""
    assert 10.0 == client.connection.deadline.at - port.loop.now
    client.expire()
    assert ("close", b"", []) == (client.transport.end, client.take(), port.outcomes())


def test_a_head_has_its_time_however_slowly_it_goes_on(port, client):
    """A byte a second is no way to hold a connection for ever."""
    data = b"GET / HTTP/1.1\r\nHost: h\r\nA: aaaaaaaaaaa\r\n\r\n"
    sent = 0
    while is_idle(client):
        client.send(data[sent : sent + 1])
        sent += 1
        port.loop.pass_time(1)
    assert ([408], [(408, "request_timeout")], 10) == (client.statuses(), port.outcomes(), sent)


def test_an_idle_connection_is_closed(port, client):
    """Without an answer that might be taken for that of the next request."""
    client.get()
    port.answer(OK)
    client.take()
    assert 60.0 == client.connection.deadline.at - port.loop.now
    client.expire()
    assert ("close", b"") == (client.transport.end, client.take())


def test_the_next_head_has_its_own_time(port, client):
    """From its first byte."""
    client.get()
    port.answer(OK)
    port.loop.pass_time(50)
    client.send(b"GET / HT")
    assert 10.0 == client.connection.deadline.at - port.loop.now
    client.expire()
    assert [200, 408] == client.statuses()


def test_a_head_that_waits_in_part_has_its_time(port, client):
    """From the end of the answer before it."""
    client.get()
    client.send(b"GET / HT")
    port.answer(OK)
    assert 10.0 == client.connection.deadline.at - port.loop.now


# How it ends.


def test_a_client_that_closes_is_forgotten(port, client):
    """In the middle of a head there is no request to record."""
    client.send(b"GET / HT")
    client.leave()
    assert (0, []) == (port.observer.open, port.outcomes())


def test_the_first_answer_is_the_last_when_the_gateway_stops(port, client):
    """It says so itself."""
    client.get()
    port.gateway.is_draining = True
    port.answer(OK)
    assert b"Connection: close" in client.take()
    assert client.transport.said_eof


def test_each_refusal_for_an_unknown_key_is_a_hint(port, client, monkeypatch):
    """It names the issuer and nothing of the token; what is refused for another reason is none."""
    client.get("/refused")
    monkeypatch.setattr(decide, "ROUTE_REFUSED", replace(ROUTE_REFUSED, unknown_key_of="TokenIssuer/demo/keycloak"))
    client.get("/refused?other")
    client.get("/refused?another")
    assert ["TokenIssuer/demo/keycloak"] * 2 == port.observer.hints


def test_each_eighth_head_is_looked_up_where_none_is_known(port, client, monkeypatch):
    """A connection whose heads are all new is spared most look-ups, until one head is known again."""
    looked_up = create_autospec(DecisionCache.packet, side_effect=DecisionCache.packet)
    monkeypatch.setattr(DecisionCache, "packet", looked_up)

    def is_looked_up(path):
        before = looked_up.call_count
        client.get(path)
        port.answer(OK)
        return looked_up.call_count > before

    found = [is_looked_up(f"/{number}") for number in range(NEW_HEADS_MAX + NEW_HEADS_STEP)]
    assert [True] * NEW_HEADS_MAX + [False] * (NEW_HEADS_STEP - 1) + [True] == found
    again = [is_looked_up("/same") for _ in range(NEW_HEADS_STEP * 4)]
    assert [NEW_HEADS_STEP, 3] == [len(again[-NEW_HEADS_STEP:]), again[: NEW_HEADS_STEP * 3].count(True)]
    assert all(again[-NEW_HEADS_STEP:])
    assert [200] * (len(found) + len(again)) == client.statuses()
