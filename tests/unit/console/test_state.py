"""What is known of folders at one time."""

from __future__ import annotations

import manifests
from postern_console.state import parent_of
from postern_core.ref import Ref


def test_the_objects_are_ours_and_in_order(protected):
    """Secrets are read for the compiler alone."""
    assert ["Consumer", "JWTCredential", "Route", "Service"] == [ref.kind for ref in protected.state().objects]


def test_a_child_belongs_to_its_parent_whether_that_exists_or_not(folder):
    """A Service that is missing has its Routes, too."""
    folder.write(manifests.route("a"), manifests.route("b", serviceRef={"name": "gone"}))
    state = folder.state()
    assert (Ref("Route", "default", "b"),) == state.children[Ref("Service", "default", "gone")]
    assert Ref("Service", "default", "app") == parent_of(state.objects[Ref("Route", "default", "a")])


def test_a_broken_object_has_no_parent(folder):
    """What it names can't be read."""
    folder.write(manifests.route("a", serviceRef="app"))
    (parsed,) = folder.state().of_kind("Route")
    assert parent_of(parsed) is None


def test_findings_are_those_of_validate_and_errors_come_first(folder):
    """Each is with its object, and a file that can't be read is among them."""
    folder.write(manifests.service(auth={"jwt": {"allow": {"consumers": ["bob"]}}}), manifests.route(methods=["get"]))
    folder.write("a: [", name="broken.yaml")
    state = folder.state()
    assert ["error", "error", "warning"] == [finding.severity for finding in state.findings]
    ref = Ref("Route", "default", "all")
    assert ("spec.methods[0]", 1) == (state.by_object[ref][0].field, state.count(ref, "error"))
