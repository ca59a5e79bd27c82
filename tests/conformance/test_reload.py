"""Saves while requests run: they take effect at once, a bad one changes nothing, and no request notices."""

from __future__ import annotations

import threading
import time

import pytest

import manifests
import raw
from gateway import DataPlane, Local, open_to
from raw import ask, request
from upstream_behaviours import Download, Gate, echo_tunnel

# What is promised from a save to its effect, and how often it is tried: a busy machine may be late now and then.
SOON_S = 1.0
SAVES = 5


@pytest.fixture(scope="module")
def other_upstream(start_upstream):
    return start_upstream()


@pytest.fixture
def served(module_upstream):
    """What is served when a test begins."""
    return open_to(module_upstream.address)


@pytest.fixture
def gateway(gateway, served):
    """The module's gateway, serving what it always does."""
    gateway.serve(served)
    return gateway


def only(path, served):
    """The same, with but one path."""
    service, _ = served
    return [service, manifests.route(paths=[{"type": "Exact", "value": path}])]


def test_a_save_is_served_within_a_second(gateway, served):
    """From the save to the first answer by the new manifests."""
    took_s = []
    for number in range(SAVES):
        path = f"/{number}"
        assert (404 if number else 200) == ask(gateway.listen, request(path)).status
        saved_s = time.monotonic()
        gateway.save(only(path, served))
        raw.until(lambda path=path: ask(gateway.listen, request(path)).status == 200, "the new route")
        raw.until(lambda: ask(gateway.listen, request("/elsewhere")).status == 404, "the old route to go")
        took_s.append(time.monotonic() - saved_s)
    assert sorted(took_s)[SAVES // 2] < SOON_S


def test_a_file_that_cannot_be_read_changes_nothing(gateway, served):
    """What was good stays in force; the mistake is told with file, line and column; the next save heals it."""
    before = gateway.config()["digest"]
    gateway.write("kind: Service\nmetadata: {name: app\nspec: [\n")
    raw.until(lambda: "in.yaml:3:" in gateway.said(), "the mistake to be told")
    assert 200 == ask(gateway.listen, request("/")).status
    assert before == gateway.config()["digest"]
    assert "Traceback" not in gateway.said()
    gateway.serve(only("/healed", served))
    assert 200 == ask(gateway.listen, request("/healed")).status


def test_a_bad_snapshot_changes_nothing(start_gateway, served):
    """The data plane says that it has refused one, and serves the last good one; the next good one heals it."""
    gateway = start_gateway(served, kind=DataPlane)
    before = gateway.config()["digest"]
    gateway.publish(b'{"format": "nonsense"}')
    raw.until(lambda: gateway.config()["workers"][0]["refused"] is not None, "the snapshot to be refused")
    assert (before, 200) == (gateway.config()["digest"], ask(gateway.listen, request("/")).status)
    gateway.until_metric(1, "postern_reloads_total", result="refused")
    gateway.serve(only("/healed", served))
    assert 200 == ask(gateway.listen, request("/healed")).status
    assert gateway.config()["workers"][0]["refused"] is None


def test_a_route_that_breaks_refuses(gateway, served):
    """A mistake within an object is not a reason to keep its last version: the route fails closed."""
    service, _ = served
    gateway.serve([service, manifests.route(auth={"jwt": {"mode": "Reqired"}})])
    assert 503 == ask(gateway.listen, request("/")).status


def test_a_running_request_ends_as_it_began(gateway, served, upstream):
    """A running request ends as it began, although its route and its upstream are gone."""
    gate = Gate()
    upstream.on("/slow", gate)
    with raw.Client(gateway.listen) as client:
        client.send(request("/slow"))
        upstream.until_requests(1)
        gateway.serve([])
        assert 404 == ask(gateway.listen, request("/slow")).status
        gate.open()
        answer = client.answer()
        assert (200, b'{"ok":true}') == (answer.status, answer.body)
        assert 404 == client.ask(request("/slow")).status


def test_a_running_download_is_not_disturbed(gateway, upstream):
    """It comes through whole, although its backend has gone half-way."""
    size = 2**25
    upstream.on("/down", Download(size))
    with raw.Client(gateway.listen, receive_buffer=2**16) as client:
        client.send(request("/down"))
        client.until(b"\r\n\r\n")
        gateway.serve([])
        assert size == len(client.exactly(size))


def test_a_tunnel_is_not_disturbed(gateway, upstream):
    """It stays open, although its route is gone."""
    upstream.on("/ws", echo_tunnel)
    with raw.Client(gateway.listen) as client:
        client.send(request("/ws", "Connection: Upgrade", "Upgrade: websocket"))
        assert 101 == client.answer().status
        gateway.serve([])
        client.send(b"still here")
        assert b"still here" == client.exactly(10)


def test_no_request_fails_while_reloading(gateway, served, other_upstream):
    """Requests in a loop, kept connections and new ones, over saves that change upstream and routes."""
    statuses, is_over = [], threading.Event()

    def keep_asking(is_kept):
        while not is_over.is_set():
            with raw.Client(gateway.listen) as client:
                statuses.extend(client.ask(request("/a")).status for _ in range(50 if is_kept else 1))

    threads = [threading.Thread(target=keep_asking, args=(is_kept,)) for is_kept in (True, False)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(SAVES):
            gateway.serve(open_to(other_upstream.address))
            gateway.serve(only("/a", served))
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
    assert {200} == set(statuses)
    assert len(statuses) > 100


def test_a_new_policy_counts_at_once(gateway, served):
    """A new policy applies at once, also to connections that were open before."""
    service, _ = served
    with raw.Client(gateway.listen) as client:
        assert 200 == client.ask(request("/")).status
        gateway.serve([service, manifests.route(auth={"jwt": {}})])
        assert 401 == client.ask(request("/")).status


@pytest.fixture(params=[DataPlane, Local], ids=["the data plane", "postern run"])
def stopping(request, start_gateway, served):
    """A gateway that a test may stop."""
    return start_gateway(served, kind=request.param, workers=2)


def test_it_stops_when_the_running_requests_have_ended(stopping, upstream):
    """On SIGTERM nobody new gets in, who waits is let go, and who was asking gets the answer; then it exits with 0."""
    gate = Gate()
    upstream.on("/slow", gate)
    with raw.Client(stopping.listen) as running, raw.Client(stopping.listen) as idle:
        assert 200 == idle.ask(request("/")).status
        running.send(request("/slow"))
        upstream.until_requests(2)
        stopping.terminate()
        assert b"" == idle.rest()
        raw.until(lambda: is_refused(stopping.listen), "new connections to be refused")
        gate.open()
        answer = running.answer()
        assert (200, "close", b"") == (answer.status, answer.value("Connection"), running.rest())
    assert 0 == stopping.wait()


def is_refused(address):
    try:
        raw.Client(address).close()
    except ConnectionError:
        return True
    return False


def test_it_does_not_wait_for_ever(start_gateway, served, upstream):
    """What has not ended after the grace is cut."""
    gateway = start_gateway(served, "--drain-grace", "200ms", kind=DataPlane)
    gate = Gate()
    upstream.on("/slow", gate)
    with raw.Client(gateway.listen) as client:
        client.send(request("/slow"))
        upstream.until_requests(1)
        gateway.terminate()
        assert b"" == client.rest()
    assert 0 == gateway.wait()
    gate.open()
