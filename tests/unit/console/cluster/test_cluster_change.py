"""What is applied, and by which command."""

from __future__ import annotations

import pytest
import yaml

import manifests
from postern_cli.sources import Where
from postern_console.cluster.cluster_change import change_of
from postern_core.ref import Ref
from postern_operator.errors import LocalError

REF = Ref("Consumer", "demo", "bob")
MANIFEST = manifests.consumer("bob", "demo", groups=["a"])


def test_the_spec_alone_is_applied():
    """Labels and annotations stay with those who set them."""
    labelled = {**MANIFEST, "metadata": {**MANIFEST["metadata"], "labels": {"team": "a"}}}
    change = change_of(REF, None, labelled, Where())
    assert (MANIFEST, "") == (yaml.safe_load(change.to_apply), change.old)
    assert labelled == yaml.safe_load(change.new)


def test_the_command_is_about_the_same_cluster():
    """The command names the kubeconfig and the context that the console was started with."""
    assert "kubectl apply --server-side --filename=consumer-bob.yaml" == change_of(REF, None, MANIFEST, Where()).command
    command = change_of(REF, None, MANIFEST, Where("a b", "c")).command
    assert "kubectl --kubeconfig=c '--context=a b' apply --server-side --filename=consumer-bob.yaml" == command


def test_a_digest_is_of_the_object_before_and_after():
    """A change of another object before is another change."""
    changes = [change_of(REF, old, MANIFEST, Where()) for old in (None, MANIFEST, manifests.consumer("bob", "demo"))]
    assert 3 == len({change.digest for change in changes})


@pytest.mark.parametrize(
    "ref", [Ref("Consumer", "demo", "a/b"), Ref("Consumer", "../x", "a"), Ref("Consumer", "", "a")]
)
def test_a_name_that_none_can_have_is_refused(ref):
    """A name with a slash would be the path of another object."""
    with pytest.raises(LocalError):
        change_of(ref, None, MANIFEST, Where())
