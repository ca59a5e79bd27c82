"""How the parts of a server see each other: what is declared is there."""

from __future__ import annotations

import inspect

import pytest

from postern_dataplane.server.interfaces import Connection, Downstream, Services


def members(protocol):
    """The names that a protocol declares."""
    methods = [name for name, _ in inspect.getmembers(protocol) if not name.startswith("_")]
    return {*methods, *protocol.__annotations__}


@pytest.mark.parametrize(("protocol", "of"), [(Connection, "connection"), (Downstream, "connection"), (Services, "")])
def test_what_a_protocol_declares_is_there(port, client, protocol, of):
    """A member that no caller needs any more leaves the protocol with it."""
    provider = client.connection if of else port.gateway
    assert set() == members(protocol) - set(dir(provider))
