"""How EndpointSlices are read."""

from __future__ import annotations

import msgspec
import pytest

from postern_core.endpoint_slices import address_of, is_ready, one_family, port_named
from postern_core.resources.kubernetes import EndpointSlice, SliceEndpoint


def slice_of(**fields):
    return msgspec.convert({"metadata": {"name": "a"}, **fields}, EndpointSlice)


@pytest.mark.parametrize(
    ("conditions", "ready"), [(None, True), ({}, True), ({"ready": None}, True), ({"ready": False}, False)]
)
def test_an_endpoint_is_ready_unless_it_says_otherwise(conditions, ready):
    """An unset `ready` is read as true."""
    assert ready is is_ready(msgspec.convert({"addresses": ["10.0.0.1"], "conditions": conditions}, SliceEndpoint))


def test_the_first_address_counts():
    """The other addresses of an endpoint are passed over, and an endpoint may have none."""
    assert "10.0.0.1" == address_of(SliceEndpoint(("10.0.0.1", "10.0.0.2")))
    assert address_of(SliceEndpoint()) is None


def test_a_port_is_found_by_its_name():
    """A port without a number, and a slice without ports, have none."""
    assert 9081 == port_named(slice_of(ports=[{"name": "x", "port": 1}, {"name": "admin", "port": 9081}]), "admin")
    assert port_named(slice_of(ports=[{"name": "admin"}]), "admin") is None
    assert port_named(slice_of(), "admin") is None


def test_one_family_counts():
    """IPv4 slices count where there are some, and IPv6 slices otherwise."""
    four, six = slice_of(addressType="IPv4"), slice_of(addressType="IPv6")
    assert ([four], [six], []) == (one_family([six, four]), one_family([six]), one_family([]))
