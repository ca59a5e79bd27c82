"""How EndpointSlices are read."""

from __future__ import annotations

import msgspec
import pytest

from postern_core.endpoint_slices import (
    Destination,
    address_of,
    destinations,
    is_draining,
    is_ready,
)
from postern_core.resources.kubernetes import EndpointSlice, SliceEndpoint


def slice_of(**fields):
    return msgspec.convert({"metadata": {"name": "a"}, **fields}, EndpointSlice)


@pytest.mark.parametrize(
    ("conditions", "ready"), [(None, True), ({}, True), ({"ready": None}, True), ({"ready": False}, False)]
)
def test_an_endpoint_is_ready_unless_it_says_otherwise(conditions, ready):
    """An unset `ready` is read as true."""
    assert ready is is_ready(msgspec.convert({"addresses": ["10.0.0.1"], "conditions": conditions}, SliceEndpoint))


@pytest.mark.parametrize(
    ("conditions", "draining"),
    [
        ({"ready": False, "serving": True, "terminating": True}, True),
        ({"ready": False, "serving": False, "terminating": True}, False),
        ({"ready": False, "serving": True, "terminating": False}, False),
        ({"ready": False, "terminating": True}, False),
        ({"serving": True}, False),
        (None, False),
    ],
)
def test_an_endpoint_that_ends_drains_as_long_as_it_serves(conditions, draining):
    """An unset `serving` defers to `ready`."""
    assert draining is is_draining(
        msgspec.convert({"addresses": ["10.0.0.1"], "conditions": conditions}, SliceEndpoint)
    )


def endpoint(address, pod=None, **conditions):
    target = {"targetRef": {"kind": "Pod", "name": pod, "uid": f"uid of {pod}"}} if pod else {}
    return {"addresses": [address], "conditions": conditions, **target}


def pods(family, *endpoints, port=8080):
    return slice_of(addressType=family, ports=[{"name": "http", "port": port}], endpoints=endpoints)


LEAVING = {"ready": False, "serving": True, "terminating": True}


def test_endpoints_that_are_ending_serve_while_none_is_ready():
    """Endpoints with `{ready: false, serving: true, terminating: true}` are used when only they are left."""
    leaving = pods("IPv4", endpoint("10.0.0.1", "a", **LEAVING))
    ready = pods("IPv4", endpoint("10.0.0.2", "b"))
    assert ((Destination("10.0.0.1", 8080),), False) == destinations([leaving], "http")
    assert ((Destination("10.0.0.2", 8080),), True) == destinations([leaving, ready], "http")
    assert ((), False) == destinations([pods("IPv4", endpoint("10.0.0.1", ready=False))], "http")


@pytest.mark.parametrize(
    ("families", "expected"),
    [
        ((), Destination("10.0.0.1", 8080, ("fd00::1",))),
        (("IPv4", "IPv6"), Destination("10.0.0.1", 8080, ("fd00::1",))),
        (("IPv6", "IPv4"), Destination("fd00::1", 8080, ("10.0.0.1",))),
        (("IPv6",), Destination("fd00::1", 8080, ("10.0.0.1",))),
    ],
)
@pytest.mark.parametrize("pod", ["a", None])
def test_of_an_ipv4_and_an_ipv6_slice_one_family_counts(families, expected, pod):
    """A pod with an address in each counts once, by the Service's `ipFamilies`; the other address is its fallback."""
    slices = [pods("IPv6", endpoint("fd00::1", pod)), pods("IPv4", endpoint("10.0.0.1", pod))]
    assert ((expected,), True) == destinations(slices, "http", families)


def test_a_pod_that_is_in_one_slice_only_is_not_left_out():
    """Slices of two families are written one after the other."""
    slices = [
        pods("IPv4", endpoint("10.0.0.1", "a")),
        pods("IPv6", endpoint("fd00::1", "a"), endpoint("fd00::2", "b")),
    ]
    expected = (Destination("10.0.0.1", 8080, ("fd00::1",)), Destination("fd00::2", 8080))
    assert (expected, True) == destinations(slices, "http")


def test_addresses_of_no_pod_take_turns_as_alternatives():
    """Which of them are one place isn't known, and an address that is there twice counts once."""
    six = pods("IPv6", endpoint("fd00::1"), endpoint("fd00::2"), endpoint("fd00::2"))
    four = pods("IPv4", endpoint("10.0.0.1"))
    found, _ = destinations([six, four], "http", ("IPv6",))
    assert (Destination("fd00::1", 8080, ("10.0.0.1",)), Destination("fd00::2", 8080, ("10.0.0.1",))) == found


def test_two_ports_of_a_pod_are_two_destinations():
    """As where slices have other numbers for one name while a Deployment rolls."""
    slices = [pods("IPv4", endpoint("10.0.0.1", "a")), pods("IPv4", endpoint("10.0.0.1", "a"), port=9090)]
    assert ((Destination("10.0.0.1", 8080), Destination("10.0.0.1", 9090)), True) == destinations(slices, "http")


def test_the_first_address_counts():
    """The other addresses of an endpoint are passed over, and an endpoint may have none."""
    assert "10.0.0.1" == address_of(SliceEndpoint(("10.0.0.1", "10.0.0.2")))
    assert address_of(SliceEndpoint()) is None
