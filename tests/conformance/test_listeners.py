"""Listeners of the snapshot, which open and close while the gateway runs, as clients see them."""

from __future__ import annotations

import contextlib
import os
import signal
import socket

import pytest

import raw
from certificates import Authority, tls_secret
from gateway import DataPlane, logged, open_to
from port_load import load_on
from postern_core.snapshot_listeners import Listener
from secure_gateway import SecureDataPlane, secured
from upstream_behaviours import Gate

HOST = "app.example.com"


@pytest.fixture(scope="module")
def module_gateway(tmp_path_factory):
    """One with two workers."""
    with contextlib.closing(DataPlane(tmp_path_factory.mktemp("gateway") / "it", workers=2)) as started:
        yield started


@pytest.fixture
def manifests(upstream):
    """One open route."""
    return open_to(upstream.address)


@pytest.fixture
def gateway(module_gateway, manifests):
    """The module's gateway without any listeners."""
    module_gateway.serve(manifests)
    raw.until(lambda: module_gateway.config()["ports"] == [], "all ports to be closed")
    return module_gateway


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@pytest.fixture
def port():
    return free_ports(1)[0]


def listener(bind_port: int, name: str = "a", **more) -> Listener:
    fields = {"protocol": "HTTP", "port": bind_port} | more
    return Listener(f"Listener/default/{bind_port}-{name}", bind_port=bind_port, **fields)


def ask(port: int, host: str = HOST) -> raw.Answer:
    return raw.ask(("127.0.0.1", port), raw.request("/", host=host))


def is_refused(port: int) -> bool:
    with contextlib.closing(socket.socket()) as one:
        return one.connect_ex(("127.0.0.1", port)) != 0


def until_closed(port: int) -> None:
    raw.until(lambda: is_refused(port), "the port to be closed")


def test_a_listener_opens_a_port_and_its_end_closes_it(gateway, manifests, port):
    """A listener that is added opens a port in all workers, and one that is removed closes it."""
    assert is_refused(port)
    gateway.serve(manifests, listener(port))
    assert [200] * 20 == [ask(port).status for _ in range(20)]
    assert [{"port": port}] == gateway.config()["ports"]
    assert 1 == gateway.metric("postern_listener_port_open", port=str(port))
    gateway.serve(manifests)
    until_closed(port)
    assert 200 == raw.ask(gateway.listen, raw.request("/")).status


def test_no_request_fails_while_others_come_and_go(gateway, manifests, port):
    """Under load on the port of the settings and on one of a listener, while another opens and closes."""
    other = free_ports(1)[0]
    gateway.serve(manifests, listener(port))
    with load_on(gateway.listen[1]) as plain, load_on(port) as kept, load_on(port, keeps_alive=False) as new:
        for _ in range(5):
            gateway.serve(manifests, listener(port), listener(other))
            assert 200 == ask(other).status
            gateway.serve(manifests, listener(port))
    assert [{200}] * 3 == [set(load.results) for load in (plain, kept, new)]


def test_clients_of_a_port_that_closes_get_their_answers(gateway, manifests, port):
    """Each open connection gets one response more, which says that it is the last, and new ones are refused."""
    gateway.serve(manifests, listener(port))
    with load_on(port, clients=4) as load, load_on(gateway.listen[1]) as plain:
        gateway.serve(manifests)
        raw.until(lambda: load.results["refused"] == 4, "all clients to be refused")
    assert ({200, "refused"}, {200}) == (set(load.results), set(plain.results))


def test_a_request_under_way_is_answered_after_its_port_has_closed(gateway, manifests, port, upstream):
    """It waits for the application, whose answer is the last on its connection."""
    gate = Gate()
    upstream.on("/slow", gate)
    gateway.serve(manifests, listener(port))
    with raw.Client(("127.0.0.1", port)) as client:
        client.send(raw.request("/slow"))
        upstream.until_requests(1)
        gateway.serve(manifests)
        until_closed(port)
        gate.open()
        answer = client.answer()
        assert (200, "close", True) == (answer.status, answer.value("Connection"), answer.is_whole)
        assert b"" == client.rest()


def test_connections_that_ask_nothing_end_after_the_grace(start_gateway, manifests, port):
    """An idle one is closed then, as all are when the process has ended."""
    gateway = start_gateway(manifests, "--drain-grace=1s", kind=DataPlane)
    gateway.serve(manifests, listener(port))
    with raw.Client(("127.0.0.1", port)) as idle:
        assert 200 == idle.ask(raw.request("/")).status
        gateway.serve(manifests)
        assert b"" == idle.rest()


def test_a_worker_that_is_killed_loses_no_port(gateway, manifests, port):
    """The next one gets the same sockets, in whose queues connections have waited."""
    gateway.serve(manifests, listener(port))
    for _ in range(3):
        os.kill(gateway.workers()[0], signal.SIGKILL)
        assert [200] * 10 == [ask(port).status for _ in range(10)]
    raw.until(lambda: len(gateway.workers()) == 2, "both workers")
    gateway.serve(manifests)
    until_closed(port)


def test_listeners_that_change_while_a_worker_is_replaced_are_right_in_the_end(gateway, manifests, port):
    """The new worker asks for what its table has, and lets go what the one before it had."""
    other = free_ports(1)[0]
    gateway.serve(manifests, listener(port))
    os.kill(gateway.workers()[1], signal.SIGKILL)
    gateway.serve(manifests, listener(other))
    until_closed(port)
    assert [200] * 10 == [ask(other).status for _ in range(10)]
    assert [{"port": other}] == gateway.config()["ports"]


def test_a_port_in_use_hinders_nothing_else(gateway, manifests, port):
    """It is said in the log, in the metrics and at /config, and the port is opened once it is free."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        gateway.serve(manifests, listener(port), listener(number))
        assert 200 == ask(port).status
        why = f"address already in use: 127.0.0.1:{number}"
        assert {"port": number, "error": why} in gateway.config()["ports"]
        assert (0, 1) == tuple(gateway.metric("postern_listener_port_open", port=str(it)) for it in (number, port))
        assert 200 == gateway.get("/readyz").status
        assert why in [line.get("error") for line in logged(gateway.said())]
    raw.until(lambda: not is_refused(number) and ask(number).status == 200, "the port to be opened")


def test_fifty_listeners_open_and_close(gateway, manifests):
    """All at once, in both workers."""
    ports = free_ports(50)
    gateway.serve(manifests, *(listener(port) for port in sorted(ports)))
    assert {200} == {ask(port).status for port in ports}
    gateway.serve(manifests)
    for port in ports:
        until_closed(port)


def test_each_host_belongs_to_one_listener_of_a_port(gateway, manifests, port, upstream):
    """What no listener takes is 404, a redirect is one listener's, and an edit counts on open connections."""
    old = listener(port, "old", hostname="old.example.com", redirect_port=8443, port=80)
    app = listener(port, hostname="app.example.com", port=80)
    gateway.serve(manifests, app, old)
    with raw.Client(("127.0.0.1", port)) as client:
        for _ in range(3):
            answers = [
                client.ask(raw.request("/a?b", host=host)) for host in (HOST, "x.example.com", "old.example.com")
            ]
            assert [200, 404, 308] == [answer.status for answer in answers]
        assert "https://old.example.com:8443/a?b" == answers[2].value("Location")
        assert "80" == upstream.requests[-1].fields["x-forwarded-port"]
        gateway.serve(manifests, listener(port, hostname="*.example.org", port=80))
        assert 404 == client.ask(raw.request("/a?b")).status


def test_what_is_remembered_of_one_port_says_nothing_of_another(gateway, manifests, port):
    """Equal bytes of one client are decided by the listener that they came in by."""
    other = free_ports(1)[0]
    gateway.serve(manifests, listener(port, hostname=HOST), listener(other, hostname="other.example.com"))
    for _ in range(5):
        assert (200, 404) == (ask(port).status, ask(other).status)


def test_a_port_may_change_to_tls(start_gateway, manifests, port):
    """A connection without TLS gets one response more, and new ones speak TLS at the same port."""
    gateway = start_gateway(manifests, kind=SecureDataPlane)
    gateway.serve(manifests, listener(port))
    with raw.Client(("127.0.0.1", port)) as client:
        assert 200 == client.ask(raw.request("/")).status
        gateway.serve(manifests, listener(port, protocol="HTTPS"))
        assert "close" == client.ask(raw.request("/")).value("Connection")
    secure = gateway.listen._replace(port=port)
    assert 200 == raw.ask(secure, raw.request("/")).status


def test_a_listener_with_tls_shows_what_services_name(gateway, upstream, port):
    """A gateway without an address for TLS opens one as the snapshot asks, with certificates of Services."""
    authority = Authority("test CA")
    manifests = secured(upstream, tls_secret(authority.issue(HOST)))
    gateway.serve(manifests, listener(port, protocol="HTTPS"))
    address = raw.SecureAddress("127.0.0.1", port, authority.client_context(), HOST)
    assert [200] * 8 == [raw.ask(address, raw.request("/v1/json", host=HOST)).status for _ in range(8)]


def test_a_local_run_has_listeners(start_gateway, manifests, port):
    """They are there with the first snapshot, and saves leave them alone."""
    gateway = start_gateway(manifests, f"--listener=inner=http://{HOST}:{port}")
    assert (200, 404) == (ask(port).status, ask(port, "other.example.com").status)
    gateway.serve(manifests)
    assert 200 == ask(port).status
