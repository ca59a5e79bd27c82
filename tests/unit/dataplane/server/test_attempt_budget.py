"""What is sent again because of a status, and what takes too long."""

from __future__ import annotations

import msgspec
import pytest

from postern_core.snapshot import Endpoint, Route
from postern_core.snapshot_attempts import Retry, Timeouts

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\nRetry-After: 1\r\n\r\nbusy"
BEGUN = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhi"
TWO = (Endpoint(address="10.0.0.1", port=80), Endpoint(address="10.0.0.2", port=80))


@pytest.fixture
def served(make_port, monkeypatch):
    """Starts a port whose routes have these attempts."""

    def start(retry=None, timeouts=None, endpoints=TWO):
        real = Route

        def with_attempts(**fields):
            return real(**fields, retry=retry, timeouts=timeouts)

        monkeypatch.setattr("data_port.Route", with_attempts)
        return make_port(endpoints=endpoints)

    return start


def test_another_endpoint_answers_in_place_of_a_busy_one(served):
    """The client reads nothing of the first response, and the connection that it came by is not used again."""
    port = served(Retry((503,)))
    client = port.client()
    client.get()
    port.answer(BUSY)
    assert (2, {"10.0.0.1", "10.0.0.2"}) == (len(port.loop.dials), {host for host, *_ in port.loop.dials})
    assert "abort" == port.loop.dialled[0].transport.end
    port.answer(OK)
    assert [200] == client.statuses()
    assert [("Service/demo/app", "status")] == port.observer.errors
    assert [(200, "")] == port.outcomes()


def test_the_last_attempt_is_the_answer(served):
    """As many attempts are made as the route says, and the client gets the last response whole."""
    port = served(Retry((503,), attempts=2))
    client = port.client()
    client.get()
    for _ in range(3):
        port.answer(BUSY)
    assert b"Retry-After: 1\r\n" in client.transport.written
    assert [503] == client.statuses()
    assert 3 == len(port.loop.dials)


@pytest.mark.parametrize(("status", "method"), [(503, "POST"), (503, "PATCH"), (502, "GET")])
def test_what_may_not_be_repeated_is_not(served, status, method):
    """A method that is not idempotent, and a status that is not named, end with the first attempt."""
    port = served(Retry((503,)))
    client = port.client()
    client.get(method=method)
    port.answer(BUSY.replace(b"503", b"%d" % status))
    assert ([status], 1) == (client.statuses(), len(port.loop.dials))


def test_a_body_that_is_kept_is_sent_again(served):
    """All that was sent goes to the other endpoint once more."""
    port = served(Retry((503,)))
    client = port.client()
    client.send(b"PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc")
    first = port.upstream
    client.send(b"def")
    port.answer(BUSY, first)
    assert port.upstream.transport.written.endswith(b"\r\n\r\nabcdef")
    port.answer(OK)
    assert [200] == client.statuses()


def test_a_long_body_is_not_sent_again(served):
    """Beyond 64 KiB nothing is kept, and the response is the answer."""
    port = served(Retry((503,)))
    client = port.client()
    client.send(b"PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 70000\r\n\r\n")
    for _ in range(7):
        client.send(b"x" * 10_000)
    port.answer(BUSY)
    assert ([503], 1) == (client.statuses(), len(port.loop.dials))


def test_a_request_has_its_time_for_all_attempts(served):
    """The time goes on while another attempt is made; then the answer is 504, and the connection is dropped."""
    port = served(Retry((503,), attempts=5), Timeouts(request_ms=3_000))
    client = port.client()
    client.get()
    port.loop.pass_time(2)
    port.answer(BUSY)
    port.loop.pass_time(0.9)
    assert [] == port.outcomes()
    port.loop.pass_time(0.2)
    assert [504] == client.statuses()
    assert [(504, "upstream_timeout")] == port.outcomes()
    assert ["abort", "abort"] == [one.transport.end for one in port.loop.dialled]


def test_a_request_has_its_time_while_it_connects(served):
    """An address that does not answer holds nobody beyond the time of the request."""
    port = served(timeouts=Timeouts(request_ms=1_000))
    port.loop.pending = port.loop.create_future()
    client = port.client()
    client.get()
    port.loop.pass_time(1.1)
    assert [504] == client.statuses()


def test_a_response_that_has_begun_is_cut(served):
    """A client can see that the rest of its answer is missing."""
    port = served(timeouts=Timeouts(request_ms=1_000))
    client = port.client()
    client.get()
    port.answer(BEGUN)
    port.loop.pass_time(1.1)
    assert [(200, "upstream_timeout")] == port.outcomes()
    assert client.transport.end


def test_an_attempt_has_a_time_of_its_own(served):
    """An attempt that takes too long counts as 504, and the next one has the whole time again."""
    port = served(Retry((504,)), Timeouts(attempt_ms=1_000))
    client = port.client()
    client.get()
    port.loop.pass_time(1.1)
    assert (2, []) == (len(port.loop.dials), port.outcomes())
    port.loop.pass_time(0.9)
    port.answer(OK)
    assert [200] == client.statuses()


@pytest.mark.parametrize("timeouts", [Timeouts(attempt_ms=1_000), Timeouts(request_ms=1_000)])
def test_a_client_that_is_too_slow_is_no_failure_of_its_upstream(served, timeouts):
    """A body that has not come in time is the client's: the answer is 408, and no other endpoint is asked."""
    port = served(Retry((504,)), timeouts)
    client = port.client()
    client.send(b"PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc")
    port.loop.pass_time(1.1)
    assert ([408], 1, []) == (client.statuses(), len(port.loop.dials), port.observer.errors)
    assert [(408, "request_timeout")] == port.outcomes()


def test_a_body_that_the_upstream_does_not_take_is_a_failure_of_it(served):
    """While the client is made to wait, an attempt that takes too long is made again."""
    port = served(Retry((504,)), Timeouts(attempt_ms=1_000))
    client = port.client()
    client.send(b"PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc")
    port.loop.call(port.upstream.pause_writing)
    port.loop.pass_time(1.1)
    assert (2, []) == (len(port.loop.dials), port.outcomes())


def test_an_attempt_that_may_not_be_repeated_ends_with_504(served):
    """Without the code, the time of an attempt is the time of the request."""
    port = served(Retry((503,)), Timeouts(attempt_ms=1_000))
    client = port.client()
    client.get()
    port.loop.pass_time(1.1)
    assert ([504], 1) == (client.statuses(), len(port.loop.dials))


def test_a_request_in_time_leaves_no_timer(served):
    """The next request on the connection has its whole time."""
    port = served(timeouts=Timeouts(request_ms=1_000, attempt_ms=1_000), endpoints=TWO[:1])
    client = port.client()
    for _ in range(5):
        client.get()
        port.loop.pass_time(0.9)
        port.answer(OK)
    port.loop.pass_time(5)
    assert [200] * 5 == client.statuses()


def test_a_tunnel_has_no_time(served):
    """A WebSocket lives on beyond the time of a request."""
    port = served(timeouts=Timeouts(request_ms=1_000, attempt_ms=1_000))
    client = port.client()
    client.get("/", "Connection: Upgrade", "Upgrade: websocket")
    port.answer(b"HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
    port.loop.pass_time(5)
    assert "" == client.transport.end


def test_a_route_without_attempts_has_none():
    """What is not used is not made for each request."""
    route = Route(id="r", namespace="n", name="r", created="", hosts=(), paths=(), backend="b", service="s")
    assert (None, None) == (route.retry, route.timeouts)
    assert b"retry" not in msgspec.json.encode(route)
