"""The `clients` of a route: who is within."""

from __future__ import annotations

import ipaddress

import pytest

from postern_core.networks import number_of
from postern_core.snapshot_callers import Clients
from postern_dataplane.table.clients import compiled_clients

BOTH = Clients(allow=("10.0.0.0/8", "2001:db8::/32"), deny=("10.66.0.0/16",))


@pytest.mark.parametrize(
    ("address", "is_admitted"),
    [("10.1.1.1", True), ("10.66.1.1", False), ("192.0.2.1", False), ("2001:db8::1", True), ("2001:db9::1", False)],
)
def test_deny_wins(address, is_admitted):
    """Of IP allow and deny lists an address passes that is in allow and not in deny."""
    assert is_admitted == compiled_clients(BOTH).admit(number_of(ipaddress.ip_address(address)))


def test_without_a_list_of_allowed_ones_all_others_are():
    """Deny alone lets in what it does not name."""
    clients = compiled_clients(Clients(deny=("10.0.0.0/8",)))
    assert (False, True) == (clients.admit(10 << 24), clients.admit(11 << 24))


def test_an_unknown_address_is_never_admitted():
    """A connection of a unix socket has no address, and a proxy may write what is none."""
    for entry in (BOTH, Clients(deny=("10.0.0.0/8",)), Clients(allow=("0.0.0.0/0", "::/0"))):
        assert not compiled_clients(entry).admit(None)


def test_routes_of_a_service_share_what_was_prepared():
    """Networks are brought into order once for each list."""
    assert compiled_clients(BOTH) is compiled_clients(Clients(allow=BOTH.allow, deny=BOTH.deny))
