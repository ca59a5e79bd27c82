"""What a request must be like before anything else is looked at."""

from __future__ import annotations

import pytest

from postern_console.request_checks import host_is_foreign, hosts_of


@pytest.mark.parametrize("host", ["127.0.0.1:80", "localhost:80", "[::1]:80", "LOCALHOST:80"])
def test_a_name_of_loopback_is_served(host):
    """Browsers call a console by an address or by localhost."""
    assert not host_is_foreign([host], "/", hosts_of(80))


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        ["evil.example"],
        ["evil.example:80"],
        ["127.0.0.1"],
        ["127.0.0.1:81"],
        ["localhost.evil.example:80"],
        ["127.0.0.1:80", "evil.example"],
        [""],
    ],
)
def test_every_other_host_is_foreign(hosts):
    """A name of DNS that leads here is a page that wants to be of the same origin."""
    assert host_is_foreign(hosts, "/", hosts_of(80))


def test_a_target_that_names_a_host_is_foreign():
    """The absolute form would count before Host."""
    assert host_is_foreign(["127.0.0.1:80"], "http://evil.example/", hosts_of(80))
