"""What objects are told."""

from __future__ import annotations

from manifests import SECRET, compiled, consumer, credential, route, secret, service
from postern_core.conditions import Programming
from postern_core.parse import parse_manifest
from postern_core.ref import Ref
from postern_operator.local.object_conditions import statuses


def told(*manifests, programming=Programming.PROGRAMMED):
    objects = [parse_manifest(manifest) for manifest in manifests]
    found = statuses(objects, compiled(*manifests), programming)
    return {ref.name: conditions[-1].reason for ref, conditions in found.items()}


def test_each_object_of_ours_is_told_in_order():
    """Secrets have no status of ours."""
    assert {"alice": "Ready", "all": "Ready", "app": "Ready"} == told(secret(), service(), route(), consumer())


def test_a_problem_is_told_to_its_object_alone():
    """The others are ready."""
    lost = route("lost", serviceRef={"name": "nowhere"})

    assert {"all": "Ready", "lost": "ServiceNotFound", "app": "Ready"} == told(service(), route(), lost)


def test_what_is_not_served_yet_is_pending():
    """All of it: the snapshot is one."""
    assert {"all": "Pending", "app": "Pending"} == told(service(), route(), programming=Programming.PENDING)


def test_what_belongs_to_another_gateway_has_no_data_plane():
    """Here nothing serves it, although nothing is wrong with it."""
    assert {"all": "NoDataPlane", "app": "NoDataPlane"} == told(service(gateways=["internal"]), route())


def test_a_warning_is_told_to_its_object():
    """A Secret that ends in a line feed is a key all the same."""
    manifests = (service(auth={"jwt": {}}), route(), consumer(), credential(), secret(value=f"{SECRET}\n"))
    objects = [parse_manifest(manifest) for manifest in manifests]
    found = statuses(objects, compiled(*manifests), Programming.PROGRAMMED)
    accepted, *_, ready = found[Ref("JWTCredential", "default", "alice")]
    assert "ends in a line feed" in accepted.message
    assert ("True", "True") == (accepted.status, ready.status)
