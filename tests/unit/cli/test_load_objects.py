"""The objects of a command, from folders, a cluster, or both."""

from __future__ import annotations

from postern_cli.load_objects import load_objects
from postern_cli.sources import Source, Wanted, Where
from postern_cli.visibility import NOTHING
from postern_core.ref import Ref


def test_folders_alone_are_read_as_ever(protected):
    """Nothing is left out."""
    gathered = load_objects(Source((protected.path,), None), Wanted())
    assert (5, (), NOTHING) == (len(gathered.objects), gathered.before, gathered.left_out)


def test_a_cluster_has_no_files(serving):
    """Objects of a cluster have no files, and Secrets are read only for a command that needs them."""
    gathered = load_objects(Source((), Where()), Wanted())
    assert () == gathered.reading.objects
    assert ["Consumer", "JWTCredential", "Route", "Service"] == sorted(it.ref.kind for it in gathered.objects)
    assert frozenset({Ref("Secret", "default", "alice")}) == gathered.left_out.unasked


def test_folders_lie_over_a_cluster(serving, folder):
    """The object of that name is the folder's, the others the cluster's."""
    folder.write("{apiVersion: postern.dev/v1alpha1, kind: Consumer, metadata: {name: alice}, spec: {groups: [new]}}")
    gathered = load_objects(Source((folder.path,), Where()), Wanted())
    [consumer] = [it for it in gathered.objects if it.ref.kind == "Consumer"]
    [before] = [it for it in gathered.before if it.ref.kind == "Consumer"]
    assert (("new",), ()) == (tuple(consumer.resource.spec.groups), tuple(before.resource.spec.groups))
