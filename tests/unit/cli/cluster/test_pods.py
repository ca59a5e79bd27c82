"""The data-plane pods, as EndpointSlices name them."""

from __future__ import annotations

from postern_cli.cluster.pods import Pod, pods_of


def slice_of(*endpoints, family="IPv4", ports=({"name": "admin", "port": 9081},)):
    return {"metadata": {"name": "admin"}, "addressType": family, "ports": list(ports), "endpoints": list(endpoints)}


def endpoint(address, name="", *, ready=None):
    target = {"targetRef": {"kind": "Pod", "name": name}} if name else {}
    return {"addresses": [address], "conditions": {} if ready is None else {"ready": ready}, **target}


def test_a_pod_has_a_name_and_an_address():
    """It is ready unless it is said not to be."""
    pods = pods_of([slice_of(endpoint("10.0.0.2", "b", ready=False), endpoint("10.0.0.1", "a"))])
    assert [Pod("a", "10.0.0.1", 9081, is_ready=True), Pod("b", "10.0.0.2", 9081, is_ready=False)] == pods


def test_an_address_may_be_no_pod():
    """Somebody has written the slice by hand, for a data plane that runs elsewhere."""
    assert [Pod("", "10.0.0.1", 9081, is_ready=True)] == pods_of([slice_of(endpoint("10.0.0.1"))])


def test_a_pod_of_two_families_is_one():
    """It is asked once; a pod that is in the slice of one family only is not left out."""
    six = slice_of(endpoint("fd00::1", "a"), endpoint("fd00::2", "b", ready=False), family="IPv6")
    four = slice_of(endpoint("10.0.0.1", "a"))
    first = Pod("a", "10.0.0.1", 9081, is_ready=True, alternatives=("fd00::1",))
    assert [first, Pod("b", "fd00::2", 9081, is_ready=False)] == pods_of([six, four])
    assert ["fd00::1", "fd00::2"] == [pod.address for pod in pods_of([six])]


def test_without_an_admin_port_there_is_nobody_to_ask():
    """A pod without an admin port, or without an address, is not asked."""
    assert [] == pods_of([slice_of(endpoint("10.0.0.1"), ports=()), slice_of({"addresses": []})])
