"""Upstreams that fail: what is tried again, what is cut short, and the 502, 503 or 504 that the client gets."""

from __future__ import annotations

import contextlib
import select
import socket

import pytest

import manifests
import raw
from gateway import dead_port
from upstream_behaviours import Download, closes_at_once, once, says_and_resets, silent, silent_after

CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LENGTH = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"


def served_at(name, endpoints, **upstream):
    """A Service for `NAME.example.com` in front of (port, weight), or with another upstream, without auth."""
    listed = [{"address": "127.0.0.1", "port": port, "weight": weight} for port, weight in endpoints]
    spec = ({"endpoints": listed} if listed else {}) | upstream
    return [
        manifests.service(name, hosts=[f"{name}.example.com"], upstream=spec),
        manifests.route(name, serviceRef={"name": name}),
    ]


@contextlib.contextmanager
def nobody():
    """A port that takes connections no further than the kernel's full queue."""
    with socket.socket() as listener, contextlib.ExitStack() as queue:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = queue.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@pytest.fixture(scope="module")
def other_upstream(start_upstream):
    return start_upstream()


@pytest.fixture(scope="module")
def gateway(start_gateway, module_upstream, other_upstream):
    """A gateway with a Service for each way to fail."""
    here, there = module_upstream.port, other_upstream.port
    with nobody() as unreachable, dead_port() as dead:
        served = [
            *served_at("app", [(here, 1)], timeouts={"request": "300ms", "idle": "300ms"}),
            *served_at("no-retry", [(here, 1)], retries={"attempts": 0}),
            *served_at("weighted", [(here, 3), (there, 1)]),
            *served_at("unweighted", [(here, 1), (there, 0)]),
            *served_at("half-dead", [(dead, 1), (here, 1)]),
            *served_at("half-dead-no-retry", [(dead, 1), (here, 1)], retries={"attempts": 0}),
            *served_at("dead", [(dead, 1)]),
            *served_at("unreachable", [(unreachable, 1)], timeouts={"connect": "200ms"}, retries={"attempts": 0}),
            *served_at("nameless", [], url="http://nothing.invalid"),
            *served_at("no-endpoint", [(here, 0)]),
        ]
        proxies = dict.fromkeys(("http_proxy", "HTTP_PROXY", "ALL_PROXY"), f"http://127.0.0.1:{dead}")
        yield start_gateway(served, environment=proxies)


def ask(gateway, name, target="/", **options):
    return raw.ask(gateway.listen, raw.request(target, host=f"{name}.example.com", **options))


def test_proxies_of_the_environment_are_not_used(gateway, upstream):
    """The gateway was started with HTTP_PROXY and its like, and goes to the upstream itself."""
    assert 200 == ask(gateway, "app").status
    assert ["/"] == [seen.target for seen in upstream.requests]


@pytest.mark.parametrize("name", ["dead", "nameless"], ids=["nobody listens", "a name without address"])
def test_an_upstream_that_cannot_be_reached_is_a_bad_gateway(name, gateway):
    """502, with a short JSON body."""
    answer = ask(gateway, name)
    assert (502, "Bad gateway", "application/json") == (answer.status, answer.message, answer.value("Content-Type"))


def test_an_upstream_that_takes_no_connection_is_a_timeout(gateway):
    """504 after `timeouts.connect`."""
    answer = ask(gateway, "unreachable")
    assert (504, "Gateway timeout") == (answer.status, answer.message)


def test_an_upstream_that_never_answers_is_a_timeout(gateway, upstream):
    """504 after `timeouts.request`; the client's connection stays, the upstream's is dropped."""
    upstream.on("/silent", silent)
    with raw.Client(gateway.listen) as client:
        answer = client.ask(raw.request("/silent"))
        assert (504, "Gateway timeout") == (answer.status, answer.message)
        upstream.wait(lambda: upstream.requests[0].is_gone, "the gateway to give up")
        assert 200 == client.ask(raw.request("/after")).status


def test_a_body_that_stands_still_is_cut(gateway, upstream):
    """After `timeouts.idle` the client sees an answer that is not whole."""
    upstream.on("/half", silent_after(CHUNKED, "5\r\nhello\r\n"))
    answer = raw.ask(gateway.listen, raw.request("/half"))
    assert (200, b"hello", False) == (answer.status, answer.body, answer.is_whole)
    upstream.wait(lambda: upstream.requests[0].is_gone, "the gateway to give up")


def test_a_request_that_stands_still_is_given_up(gateway, upstream):
    """408 when the client has stopped sending in the middle of its body."""
    with raw.Client(gateway.listen) as client:
        client.send("POST /up HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 10\r\n\r\nhello")
        answer = client.answer()
        assert (408, "close", b"") == (answer.status, answer.value("Connection"), client.rest())
    assert not upstream.requests[0].is_whole


def test_a_body_of_a_byte_at_a_time_is_given_up(gateway, upstream):
    """408 soon after the upstream's idle time, though each byte comes within it."""
    with raw.Client(gateway.listen) as client:
        client.send("POST /up HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 1000\r\n\r\n")
        sent = 0
        while not select.select([client.socket], [], [], 0.05)[0]:
            client.send("a")
            sent += 1
            assert sent < 200, "it is let come for ten seconds"
        assert 408 == client.answer().status
    assert not upstream.requests[0].is_whole


@pytest.mark.parametrize("head", [CHUNKED + "5\r\nhello\r\n", LENGTH + "hello"], ids=["chunked", "length"])
def test_an_upstream_that_breaks_off_cuts_the_answer(head, gateway, upstream):
    """The client gets what came, and can tell that it is not whole."""
    upstream.on("/reset", says_and_resets(head))
    with raw.Client(gateway.listen) as client:
        answer = client.ask(raw.request("/reset"))
        assert (200, b"hello", False) == (answer.status, answer.body, answer.is_whole)
        assert b"" == client.rest()


def test_an_upstream_that_closes_without_a_word_is_a_bad_gateway(gateway, upstream):
    """502, after one more attempt on a connection of its own."""
    upstream.on("/gone", closes_at_once)
    with raw.Client(gateway.listen) as client:
        assert 502 == client.ask(raw.request("/gone")).status
        assert 200 == client.ask(raw.request("/after")).status
    assert ["/gone", "/gone", "/after"] == [seen.target for seen in upstream.requests]


def test_without_attempts_nothing_is_tried_again(gateway, upstream):
    """`retries.attempts: 0` means one attempt."""
    upstream.on("/gone", closes_at_once)
    assert 502 == ask(gateway, "no-retry", "/gone").status
    assert 1 == len(upstream.requests)


def test_a_stale_connection_is_replaced(gateway, upstream):
    """The client doesn't notice that the upstream has closed a kept connection just then."""
    upstream.on("/once", once)
    with raw.Client(gateway.listen) as client:
        assert [200] * 4 == [client.ask(raw.request("/once")).status for _ in range(4)]
    assert upstream.requests[0].connection != upstream.requests[-1].connection


def test_a_body_is_sent_once(gateway, upstream):
    """A request with a body whose bytes have gone out is not tried again, even where the method would allow it."""
    upstream.on("/gone", closes_at_once)
    for method in ("POST", "PUT"):
        answer = raw.ask(gateway.listen, raw.request("/gone", method=method, body=b"hello"))
        assert (502, "Bad gateway") == (answer.status, answer.message)
    assert ["POST /gone HTTP/1.1", "PUT /gone HTTP/1.1"] == [seen.start for seen in upstream.requests]


def test_a_post_without_a_body_is_sent_once(gateway, upstream):
    """A method that is not idempotent may have done its work already."""
    upstream.on("/gone", closes_at_once)
    assert 502 == raw.ask(gateway.listen, raw.request("/gone", method="POST")).status
    assert 1 == len(upstream.requests)


def test_connections_that_the_upstream_has_closed_are_not_used(gateway, upstream):
    """After all of them were closed, each request finds a new one."""
    assert 200 == raw.ask(gateway.listen, raw.request("/before")).status
    upstream.drop_connections()
    assert [200] * 3 == [raw.ask(gateway.listen, raw.request("/after")).status for _ in range(3)]


def test_weights_share_out_the_requests(gateway, upstream, other_upstream):
    """3 to 1 means three of four, in turns."""
    other_upstream.forget()
    assert [200] * 40 == [ask(gateway, "weighted").status for _ in range(40)]
    assert (30, 10) == (len(upstream.requests), len(other_upstream.requests))


def test_no_weight_means_no_request(gateway, upstream, other_upstream):
    """An endpoint of weight 0 gets nothing."""
    other_upstream.forget()
    assert [200] * 10 == [ask(gateway, "unweighted").status for _ in range(10)]
    assert (10, 0) == (len(upstream.requests), len(other_upstream.requests))


def test_a_dead_endpoint_costs_no_request(gateway, upstream):
    """Its requests go to another, also those that can't be sent twice, as no byte was sent; and it is let alone."""
    statuses = [ask(gateway, "half-dead", method="POST", body=b"hello").status for _ in range(20)]
    assert [200] * 20 == statuses
    assert 20 == len(upstream.requests)
    labels = {"upstream": "Service/default/half-dead", "kind": "connect_failed"}
    raw.until(lambda: gateway.metric("postern_upstream_errors_total", **labels) > 0, "the failure to be counted")
    # Once, or on a slow machine once a second.
    assert gateway.metric("postern_upstream_errors_total", **labels) < 5


def test_a_dead_endpoint_is_passed_over(gateway, upstream):
    """Without another attempt its first request fails, and those after it go elsewhere."""
    statuses = [ask(gateway, "half-dead-no-retry").status for _ in range(10)]
    assert {200, 502} == set(statuses)
    assert statuses.count(502) < 5


def test_no_endpoint_is_unavailable(gateway):
    """503 where there is nothing to send to."""
    answer = ask(gateway, "no-endpoint")
    assert (503, "Service unavailable") == (answer.status, answer.message)


@pytest.mark.parametrize("is_abrupt", [False, True], ids=["closed", "reset"])
def test_a_client_that_leaves_ends_the_request(is_abrupt, gateway, upstream):
    """The upstream's connection is closed when nobody waits any more, long before a timeout."""
    upstream.on("/silent", silent)
    client = raw.Client(gateway.listen)
    client.send(raw.request("/silent", host="no-retry.example.com"))
    upstream.until_requests(1)
    client.abort() if is_abrupt else client.close()
    upstream.wait(lambda: upstream.requests[0].is_gone, "the gateway to close")


def test_a_client_that_leaves_while_reading_ends_the_answer(gateway, upstream):
    """The upstream can't send on."""
    download = Download(2**30)
    upstream.on("/down", download)
    with raw.Client(gateway.listen) as client:
        client.send(raw.request("/down"))
        client.exactly(2**20)
    assert raw.until_still(lambda: download.sent) < 2**30


def test_a_client_that_leaves_while_sending_ends_the_request(gateway, upstream):
    """The upstream sees the connection end before the body does."""

    def behave(exchange):
        exchange.is_body_read = True
        exchange.until_gone()

    upstream.on("/up", behave)
    with raw.Client(gateway.listen) as client:
        head = "POST /up HTTP/1.1\r\nHost: no-retry.example.com\r\nTransfer-Encoding: chunked\r\n\r\n"
        client.send(head + "5\r\nhello\r\n")
        upstream.until_requests(1)
    upstream.wait(lambda: upstream.requests[0].is_gone, "the gateway to close")
    assert b"0\r\n" not in upstream.requests[0].body
