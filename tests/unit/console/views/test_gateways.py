"""The gateways as their page shows them."""

from __future__ import annotations

from postern_cli.running_gateways import RunningGateway
from postern_console.state import ConsoleState
from postern_console.views.gateways import gateways_page


def test_what_does_not_run_can_be_started():
    """A gateway that some Service names, and that none serves."""
    state = ConsoleState(gateways=("default", "internal"))
    page = gateways_page(state, [RunningGateway("default", "127.0.0.1:1", "127.0.0.1:2")], "")
    assert ["internal"] == page["others"]
