"""Connecting to an upstream from here."""

from __future__ import annotations

import socket

import pytest

from gateway import dead_port
from postern_cli.explanation.upstream_probe import probe_upstream
from postern_core.snapshot import Backend, Endpoint
from postern_core.snapshot_upstream_tls import UpstreamTLS
from postern_dataplane.table.upstream import Upstream


def probed(port, **backend):
    """The one line for an address of loopback."""
    endpoints = (Endpoint(address="127.0.0.1", port=port),)
    (line,) = probe_upstream(Upstream(Backend(id="Service/demo/app", **backend), endpoints))
    return line.removeprefix(f"127.0.0.1:{port}  ")


@pytest.fixture
def server():
    """A server that says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server_:
        yield server_


def test_a_connection_is_told(server):
    """With its address."""
    assert "connected" == probed(server.getsockname()[1])


def test_what_fails_is_told(server):
    """In the system's words, and in that of the metric."""
    with dead_port() as port:
        assert "failed: Connection refused [connect_failed]" == probed(port)
    tls = UpstreamTLS(server_name="a.test")
    late = probed(server.getsockname()[1], tls=tls, connect_timeout_ms=50)
    assert "failed: no answer in time [connect_timeout]" == late
