"""Objects of a list that were there before are kept, and what the operator says of them."""

from __future__ import annotations

import manifests
from postern_console.cluster.held_objects import are_same, held_of, written_part
from postern_core.ref import Ref

ALICE = Ref("Consumer", "default", "alice")


def listed(manifest, version="1", **rest):
    """As the API server has it."""
    metadata = {**manifest["metadata"], "uid": "u", "resourceVersion": version, "generation": 1}
    return {**manifest, "metadata": metadata, **rest}


def ready(status="True", reason="Ready", message=""):
    condition = {"type": "Accepted", "status": status, "reason": reason, "message": message}
    return {"status": {"observedGeneration": 1, "conditions": [condition, {"type": "Ready", "status": status}]}}


def said(**status):
    (held,) = held_of([listed(manifests.consumer(), **status)], {}).values()
    return [(finding.severity, finding.message) for finding in held.said]


def test_what_has_not_changed_is_kept():
    """An object whose uid and resourceVersion are as before is not parsed again."""
    first = held_of([listed(manifests.consumer())], {})
    again = held_of([listed(manifests.consumer())], first)
    assert (True, True) == (again[ALICE] is first[ALICE], are_same(again, first))
    changed = held_of([listed(manifests.consumer(groups=["a"]), "2")], first)
    assert (False, ["a"]) == (are_same(changed, first), list(changed[ALICE].parsed.resource.spec.groups))
    assert not are_same({}, first)


def test_what_the_operator_says_is_a_finding():
    """An object that is not ready is an error in its words, and one that was not seen yet a warning."""
    assert [] == said(**ready())
    assert [("error", "the operator says: Invalid: no")] == said(**ready("False", "Invalid", "no"))
    assert [("warning", "no operator has looked at it yet")] == said()


def test_the_written_part_is_without_what_others_keep_in_it():
    """The YAML of an object leaves out what the API server adds, kubectl's copy and the status."""
    manifest = listed(manifests.consumer(groups=["a"]), **ready())
    copy = "kubectl.kubernetes.io/last-applied-configuration"
    manifest["metadata"] |= {"annotations": {copy: "{}"}, "managedFields": [{}], "labels": {"team": "a"}}
    expected = manifests.consumer(groups=["a"])
    expected["metadata"]["labels"] = {"team": "a"}
    assert expected == written_part(manifest)
    manifest["metadata"]["annotations"]["note"] = "mine"
    assert {"note": "mine"} == written_part(manifest)["metadata"]["annotations"]
