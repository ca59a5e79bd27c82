"""How the parts of an upstream see each other: what is declared is there."""

from __future__ import annotations

import inspect

import pytest

from postern_dataplane.server.exchange import Exchange
from postern_dataplane.upstream import connection, load_balancer
from postern_dataplane.upstream.interfaces import ResponseHandler


@pytest.mark.parametrize(
    ("protocol", "provider"),
    [(connection.Host, load_balancer.Host), (ResponseHandler, Exchange)],
)
def test_what_a_protocol_declares_is_there(protocol, provider):
    """A member that no caller needs any more leaves the protocol with it."""
    declared = {name for name, _ in inspect.getmembers(protocol) if not name.startswith("_")}
    assert set() == {*declared, *protocol.__annotations__} - set(dir(provider))
