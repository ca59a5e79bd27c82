"""Manifests laid over what a cluster has."""

from __future__ import annotations

import manifests
from postern_cli.cluster.overlay import laid_over
from postern_cli.load_folders import problems_of
from postern_core.parse import parse_manifest

OLD = "2026-01-01T00:00:00Z"


def parsed(*documents):
    return [parse_manifest(it) for it in documents]


def test_an_object_keeps_its_age_and_uid():
    """It is the same object after it has been applied."""
    there = manifests.consumer()
    there["metadata"] |= {"uid": "u1", "creationTimestamp": OLD}
    [applied] = laid_over(parsed(there), parsed(manifests.consumer(groups=["new"])))
    metadata = applied.resource.metadata
    assert ("u1", OLD, ("new",)) == (metadata.uid, metadata.creation_timestamp, tuple(applied.resource.spec.groups))


def test_a_broken_manifest_is_of_that_age_too():
    """What it would have covered is still its own."""
    [broken] = laid_over(parsed(manifests.service(created=OLD)), parsed(manifests.service(wrong=1)))
    assert (None, OLD) == (broken.resource, broken.manifest["metadata"]["creationTimestamp"])


def test_a_new_object_is_the_youngest():
    """It takes no host from anybody."""
    objects = laid_over(parsed(manifests.service("z", "z", OLD)), parsed(manifests.service("a", "a")))
    assert [("a", "HostConflict")] == [(it.ref.namespace, it.reason.text) for it in problems_of(objects)]


def test_other_objects_stay_as_they_are():
    """Those without a name are nobody's."""
    there = parsed(manifests.consumer("a"))
    nameless = parsed({"apiVersion": "postern.dev/v1alpha1", "kind": "Consumer"})
    assert (*there, *nameless) == laid_over(there, nameless)
