"""One exchange from its request to its answer."""

from __future__ import annotations

import pytest

from postern_core.snapshot import Backend, Endpoint
from postern_dataplane.server.body_forwarder import HELD_BYTES_MAX
from postern_dataplane.server.client_connection import BACKLOG_BYTES_MAX

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
POST = b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n"
UPGRADE = ("Connection: Upgrade", "Upgrade: websocket")
SWITCH = b"HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"


def test_a_request_goes_up_and_its_answer_comes_down(port, client):
    """On one connection each."""
    client.get("/a?b=c")
    assert port.upstream.transport.take().startswith(b"GET /a?b=c HTTP/1.1\r\nHost: app.example.com\r\n")
    port.answer(OK)
    assert client.take().endswith(b"\r\n\r\nhi")
    assert [(200, "")] == port.outcomes()


def test_a_second_request_uses_the_same_upstream_connection(port, client):
    """Of another client too."""
    for one in (client, client, port.client()):
        one.get()
        port.answer(OK)
        assert [200] == one.statuses()
    assert 1 == len(port.loop.dialled)


def test_a_record_tells_what_happened(port, client):
    """Its path is without the query, which may hold a token."""
    client.get("/a?jwt=secret", "Content-Length: 3", method="POST", body=b"abc")
    port.loop.now += 1
    port.answer(OK[:-2])
    port.loop.now += 1
    port.answer(OK[-2:])
    (record,) = port.observer.records
    assert ("POST", "app.example.com", "/a", "192.0.2.1") == (record.method, record.host, record.path, record.peer)
    assert ("demo/all", "10.0.0.1:80", 200, "") == (record.route, record.upstream, record.status, record.reason)
    assert (3, 2, 2.0, 1.0) == (
        record.bytes_in, record.bytes_out, record.duration_s, record.upstream_latency_s,
    )  # fmt: skip
    assert "secret" not in repr(record)


def test_without_a_table_nothing_is_served(port, client):
    """Without a table requests get 503, and the connection is closed, for another worker may be ready."""
    port.active_table.table = None
    client.get()
    assert client.take().startswith(b"HTTP/1.1 503 ")
    assert [(503, "not_ready")] == port.outcomes()
    assert client.transport.said_eof


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_refused_request_goes_nowhere(port, client, method):
    """Its connection may go on; HEAD has no body."""
    client.get("/refused", method=method)
    answer = client.take()
    assert (b"503", method == "HEAD") == (answer[9:12], answer.endswith(b"\r\n\r\n"))
    assert ([], [(503, "route_refused")]) == (port.loop.dials, port.outcomes())
    assert "demo/refused" == port.observer.records[0].route
    assert not client.transport.said_eof


def test_a_refused_request_whose_body_is_still_to_come_is_the_last(port, client):
    """The body would be taken for the next request."""
    client.send(POST.replace(b"/p", b"/refused"))
    assert b"Connection: close" in client.take()
    assert client.transport.said_eof


def test_a_body_that_is_here_goes_with_the_head(port, client):
    """In one write, so in one packet."""
    client.send(POST + b"0123456789")
    assert 1 == port.upstream.transport.writes
    assert port.upstream.transport.take().endswith(b"\r\n\r\n0123456789")


def test_a_body_goes_on_as_it_comes(port, client):
    """A body is passed on as it comes; an answer before its end closes both connections."""
    client.send(POST + b"01234")
    port.upstream.transport.take()
    client.send(b"567")
    assert b"567" == port.upstream.transport.take()
    port.answer(OK)
    assert b"Connection: close" in client.take()
    assert ("abort", True) == (port.upstream.transport.end, client.transport.said_eof)
    assert [(200, "")] == port.outcomes()


def test_a_body_is_held_while_connecting(port, client):
    """To a bound, beyond which the client is not read."""
    port.loop.pending = port.loop.create_future()
    client.send(POST.replace(b"10", b"1000000"))
    client.send(b"x" * HELD_BYTES_MAX)
    assert not client.transport.is_paused
    client.send(b"y")
    assert client.transport.is_paused
    port.loop.call(port.loop.pending.set_result, None)
    assert not client.transport.is_paused
    assert port.upstream.transport.take().endswith(b"x" * HELD_BYTES_MAX + b"y")


def test_an_upstream_that_takes_slowly_slows_the_client(port, client):
    """Until it has taken what there was."""
    client.send(POST)
    port.loop.call(port.upstream.pause_writing)
    assert client.transport.is_paused
    port.loop.call(port.upstream.resume_writing)
    assert not client.transport.is_paused


def test_an_upstream_that_has_not_taken_a_request_gets_no_other_behind_it(port, client):
    """Its early answer goes to the client; another body behind the rest would never be paused."""
    client.send(POST + b"0123456789")
    early = port.upstream.transport
    early.unsent = 5
    port.answer(OK)
    client.send(POST)
    assert ([200], "abort", 2) == (client.statuses(), early.end, len(port.loop.dialled))


def test_a_client_that_takes_slowly_slows_the_upstream(port, client):
    """Until it has taken what there was."""
    client.get()
    port.answer(OK[:-2])
    client.block()
    assert port.upstream.transport.is_paused
    client.unblock()
    assert not port.upstream.transport.is_paused


def test_an_upstream_connection_is_kept_unpaused(port, client):
    """Whoever takes it next is not to wait for ever."""
    client.get()
    client.block()
    port.answer(OK)
    assert not port.upstream.transport.is_paused


def test_hints_go_on_before_the_answer(port, client):
    """RFC 9110, section 15.2: to a client of 1.1 only."""
    old = port.client()
    for one, version in ((client, "1.1"), (old, "1.0")):
        one.get(version=version)
        port.answer(b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + OK)
    assert ([103, 200], [200]) == (client.statuses(), old.statuses())


def test_an_expectation_is_met_by_the_upstream(port, client):
    """The 100 comes from there, and the body after it."""
    client.get("/", "Content-Length: 2", "Expect: 100-continue", method="PUT")
    assert b"expect: 100-continue" in port.upstream.transport.take().lower()
    port.answer(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert [100] == client.statuses()
    client.send(b"hi")
    assert b"hi" == port.upstream.transport.take()
    port.answer(OK)
    assert ([200], False) == (client.statuses(), client.transport.said_eof)


def test_an_unknown_length_is_chunked_for_the_client(port, client):
    """A response of unknown length is chunked, so that the client's connection stays; the upstream's is over."""
    client.get()
    port.answer(b"HTTP/1.1 200 OK\r\n\r\nhello")
    port.loop.call(port.upstream.connection_lost, None)
    assert client.take().endswith(b"5\r\nhello\r\n0\r\n\r\n")
    assert ([(200, "")], False) == (port.outcomes(), client.transport.said_eof)


def test_a_tunnel_carries_both_ways(port, client):
    """What came early, too, and no byte is read as HTTP."""
    client.get("/", *UPGRADE, body=b"early")
    port.upstream.transport.take()
    port.answer(SWITCH + b"hello")
    assert client.take().endswith(b"\r\n\r\nhello")
    client.send(b"GET / HTTP/1.1\r\n\r\n")
    assert b"earlyGET / HTTP/1.1\r\n\r\n" == port.upstream.transport.take()
    port.reset()
    (record,) = port.observer.records
    assert (101, "", 23, 5) == (record.status, record.reason, record.bytes_in, record.bytes_out)
    assert client.transport.said_eof


def test_what_came_too_early_for_a_tunnel_goes_in_first(port, client):
    """Beyond a bound it waits in the socket until then."""
    client.get("/", *UPGRADE)
    port.upstream.transport.take()
    client.send(b"x" * (BACKLOG_BYTES_MAX + 1))
    assert client.transport.is_paused
    port.answer(SWITCH)
    assert b"x" * (BACKLOG_BYTES_MAX + 1) == port.upstream.transport.take()
    assert not client.transport.is_paused


@pytest.mark.parametrize("answer", [SWITCH, b"HTTP/1.1 101 Go\r\n\r\n" + OK])
def test_a_switch_that_nobody_asked_for_is_bad(port, client, answer):
    """There is no protocol to switch to."""
    client.get()
    port.answer(answer)
    assert ([502], [(502, "upstream_bad_response")]) == (client.statuses(), port.outcomes())
    assert "abort" == port.upstream.transport.end


def test_an_upgrade_that_is_not_taken_is_the_last_request(port, client):
    """Where the next one begins is not known."""
    client.get("/", *UPGRADE)
    port.answer(OK)
    assert b"Connection: close" in client.take()
    assert client.transport.said_eof


@pytest.mark.parametrize("protocol", ["h2c", "websocket"])
def test_a_body_beside_an_upgrade_goes_on(port, client, protocol):
    """Whole, however it is cut."""
    fields = ("Connection: Upgrade", f"Upgrade: {protocol}", "Content-Length: 4")
    client.get("/", *fields, method="POST", body=b"hi")
    client.send(b"ho")
    assert port.upstream.transport.take().endswith(b"\r\n\r\nhiho")
    port.answer(OK)
    assert ([200], True) == (client.statuses(), client.transport.said_eof)


def test_requests_are_spread_over_all_addresses(make_port):
    """Requests are spread over all addresses, also when connections are idle."""
    port = make_port(endpoints=(Endpoint(address="10.0.0.1", port=80), Endpoint(address="10.0.0.2", port=80)))
    client = port.client()
    for number in range(6):
        client.get()
        port.answer(OK, port.loop.dialled[number % 2])
    assert 3 == sum(record.upstream == "10.0.0.1:80" for record in port.observer.records)


def test_a_reload_leaves_what_has_begun(port, client):
    """With the settings that it began with."""
    client.get()
    port.serve(Backend(id="Service/demo/app", idle_timeout_ms=1), Endpoint(address="10.0.0.2", port=80))
    port.loop.call(port.gateway.adopt, port.active_table.table)
    port.answer(OK)
    assert [(200, "")] == port.outcomes()
    client.get()
    assert "10.0.0.2" == port.loop.dials[-1][0]


@pytest.mark.parametrize(("size", "expected"), [(900, (200, "")), (1_000, (502, "upstream_bad_response"))])
def test_a_response_has_as_large_a_head_as_the_gateway_takes(make_port, size, expected):
    """A larger one is bad, though it could be read, and so is that of a hint before it."""
    port = make_port(max_response_headers_bytes=1_000)
    for start in (b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 103 Early Hints\r\n"):
        client = port.client().get()
        head = start + b"Content-Length: 0\r\nA: " + b"a" * size + b"\r\n\r\n"
        port.answer(head if start.endswith(b"OK\r\n") else head + OK)
        assert expected == port.outcomes()[-1]
        assert expected[0] == client.statuses()[-1]
