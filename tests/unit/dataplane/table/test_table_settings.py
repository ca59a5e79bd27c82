"""Which peers the settings of a gateway trust."""

from __future__ import annotations

import pytest

from postern_dataplane.table.table_settings import proxy_trust


@pytest.mark.parametrize(
    ("networks", "peer", "expected"),
    [
        ((), "10.0.0.1", False),
        (("10.0.0.0/8",), "10.0.0.1", True),
        (("10.0.0.0/8",), "11.0.0.1", False),
        (("10.0.0.5/8",), "10.0.0.1", True),
        (("10.0.0.0/8",), "::ffff:10.0.0.1", True),
        (("10.0.0.0/8",), "2001:db8::1", False),
        (("192.0.2.1/32", "2001:db8::/32"), "2001:db8::1", True),
        (("2001:db8::/32",), "10.0.0.1", False),
        (("10.0.0.0/8",), "", False),
        (("10.0.0.0/8",), "unix", False),
        (("0.0.0.0/0",), "10.0.0.1, 10.0.0.2", False),
    ],
)
def test_a_proxy_is_trusted_by_its_address(networks, peer, expected):
    """A peer without an address is no trusted proxy."""
    assert expected == proxy_trust(networks)(peer)


def test_a_network_that_is_none_is_an_error():
    """Before anything is served with it."""
    with pytest.raises(ValueError, match="10"):
        proxy_trust(("10.0.0.0/33",))
