"""Listeners of the snapshot, which open and close while the gateway runs, as clients see them."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import pytest

import raw
from gateway import DataPlane, open_to
from postern_core.snapshot_listeners import Listener

HOST = "app.example.com"


@contextlib.contextmanager
def free_ports(count: int) -> Iterator[list[int]]:
    """Ports that nothing listens on."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        numbers = [one.getsockname()[1] for one in sockets]
    yield numbers


def listener(port: int, **more) -> Listener:
    return Listener(f"Listener/default/p{port}", "HTTP", more.pop("public", port), port, **more)


@pytest.fixture
def gateway(tmp_path, upstream):
    """One with two workers."""
    with contextlib.closing(DataPlane(tmp_path / "gateway", workers=2)) as started:
        yield started


def ask(port: int, host: str = HOST, path: str = "/v1/json") -> raw.Answer:
    return raw.ask(("127.0.0.1", port), raw.request(path, host=host))


def test_a_listener_opens_a_port_and_its_end_closes_it(gateway, upstream):
    """A listener that is added opens a port in all workers, and one that is removed closes it."""
    manifests = open_to(upstream.address)
    with free_ports(1) as [port]:
        gateway.serve(manifests)
        with pytest.raises(ConnectionRefusedError):
            ask(port)
        gateway.serve(manifests, listener(port))
        assert [200] * 20 == [ask(port).status for _ in range(20)]
        assert [{"port": port}] == gateway.config()["ports"]
        assert 1 == gateway.metric("postern_listener_port_open", port=str(port))
        gateway.serve(manifests)
        raw.until(lambda: is_refused(port), "the port to be closed")
    assert 200 == raw.ask(gateway.listen, raw.request("/v1/json", host=HOST)).status


def is_refused(port: int) -> bool:
    try:
        ask(port)
    except ConnectionError:
        return True
    return False
