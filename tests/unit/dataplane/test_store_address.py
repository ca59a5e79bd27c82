"""How the address of a store is read."""

from __future__ import annotations

import pytest

from postern_dataplane.store_address import StoreAddress, read_store_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("redis://store", StoreAddress(host="store")),
        ("redis://store:6380/2", StoreAddress(host="store", port=6380, database=2)),
        ("rediss://gateway%40a@[::1]:1/", StoreAddress(host="::1", port=1, user="gateway@a", is_tls=True)),
    ],
)
def test_an_address_is_read(text, address):
    """Without a port it is Redis' own, without a database the first."""
    assert address == read_store_address(text)


@pytest.mark.parametrize(
    "text",
    ["", "store:6379", "http://store", "redis://", "redis://a:0", "redis://a:x", "redis://a/x", "redis://a/-1",
     "redis://a/1/2", "redis://a?db=1", "redis://a:99999", "redis://[a"],
)  # fmt: skip
def test_what_is_no_address_is_refused(text):
    """The message says how an address is written."""
    with pytest.raises(ValueError, match="redis://HOST:PORT/DATABASE"):
        read_store_address(text)


@pytest.mark.parametrize("text", ["redis://user:hunter2@store", "redis://:hunter2@store"])
def test_a_password_belongs_in_a_file(text):
    """The message doesn't quote it."""
    with pytest.raises(ValueError, match="its password belongs in a file") as error:
        read_store_address(text)
    assert "hunter2" not in str(error.value)


def test_an_address_is_shown_without_its_user():
    """As it is written, and an IPv6 address in brackets."""
    assert "rediss://[::1]:6379/0" == str(StoreAddress(host="::1", user="gateway", is_tls=True))
