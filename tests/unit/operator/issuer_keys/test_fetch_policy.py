"""Where keys may be fetched from."""

import ipaddress
import socket

import pytest

from postern_operator.issuer_keys.errors import FetchReason, KeyFetchError
from postern_operator.issuer_keys.fetch_policy import LOCAL, AddressRefused, FetchPolicy

POLICY = FetchPolicy(
    denied=(ipaddress.ip_network("10.96.0.0/12"),),
    hosts=("login.example.com", "*.corp.test"),
    is_own=lambda address: address == "10.0.0.9",
)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "::1", "169.254.169.254", "169.254.7.7", "fe80::1%1", "224.0.0.1", "0.0.0.0", "::",
        "::ffff:127.0.0.1", "64:ff9b::a9fe:a9fe", "fd00:ec2::254", "168.63.129.16", "100.100.100.200",
        "10.0.0.9", "10.96.0.1", "::ffff:10.96.0.1",
    ],
)  # fmt: skip
def test_special_own_and_denied_addresses_are_never_connected_to(address):
    """In whatever form they come."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with pytest.raises(AddressRefused):
        POLICY.open_socket((family, socket.SOCK_STREAM, 0, "", (address, 443)))


@pytest.mark.parametrize("address", ["10.0.0.1", "192.168.1.1", "172.16.0.1", "203.0.113.1", "fd00::1"])
def test_private_addresses_are_allowed(address):
    """Identity providers of a cluster or a company are there."""
    assert "" == POLICY.refuses(address)


def test_local_mode_allows_loopback_and_no_metadata_service():
    """A provider under development is on the same machine."""
    policy = FetchPolicy(allowed=LOCAL)
    assert ("", "metadata address") == (policy.refuses("127.0.0.1"), policy.refuses("169.254.169.254"))


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("http://login.example.com/jwks", "https"),
        ("file:///etc/passwd", "can't be read"),
        ("ftp://login.example.com/", "https"),
        ("https://", "can't be read"),
        ("https://login.example.com:99999/", "can't be read"),
        ("https://user:secret@login.example.com/", "password"),
        ("https://elsewhere.example.com/", "--fetch-hosts"),
        ("https://corp.test/", "--fetch-hosts"),
    ],
)
def test_other_urls_are_refused(url, word):
    """The message doesn't repeat them."""
    with pytest.raises(KeyFetchError, match=word) as raised:
        POLICY.check_url(url, may_be_plain=False)
    assert FetchReason.NOT_ALLOWED == raised.value.reason
    assert "secret" not in str(raised.value)


def test_urls_of_allowed_hosts_are_passed():
    """Whatever the case of their letters; http only where that is asked for."""
    for url in ("https://LOGIN.example.com/x", "https://a.corp.test:8443/"):
        POLICY.check_url(url, may_be_plain=False)
    assert "http" == POLICY.check_url("http://a.corp.test/", may_be_plain=True).scheme
