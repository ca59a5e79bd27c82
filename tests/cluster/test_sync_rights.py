"""What whoever steals the sidecar's token can do: read one gateway's configuration, and nothing else."""

from __future__ import annotations

import pytest

from generations import generation_of
from sidecar import ACCOUNT, give_rights

GENERATION = generation_of("/a")
SHARD = f"postern-{GENERATION.digest_of('routes')}"
SECRET_SHARD = f"postern-{GENERATION.digest_of('credentials')}"


@pytest.fixture
def thief(kubectl, namespace, tmp_path):
    """kubectl with the sidecar's token, where a generation is published."""
    give_rights(kubectl, namespace)
    done = kubectl.apply(*GENERATION.shard_objects, GENERATION.index_object, options=(f"--namespace={namespace}",))
    assert done.returncode == 0, done.stderr
    return kubectl.as_account(namespace, ACCOUNT, tmp_path / "thief")


@pytest.fixture
def nobody(kubectl, namespace, tmp_path):
    """kubectl with the token of an account that was given no rights."""
    return kubectl.as_account(namespace, "nobody", tmp_path / "nobody")


def rules(kubectl, namespace):
    """What an account may do in a namespace: resources, and the verbs."""
    done = kubectl("auth", "can-i", "--list", "--no-headers", f"--namespace={namespace}", check=True)
    return {" ".join(line.split()) for line in done.stdout.splitlines()}


def test_the_sidecar_may_read_and_nothing_else(thief, nobody, namespace):
    """Beyond what every account may, which is to ask about itself."""
    expected = {"configmaps [] [] [get list watch]", "secrets [] [] [get]"}
    assert expected == rules(thief, namespace) - rules(nobody, namespace)


@pytest.mark.parametrize("other", ["default", "kube-system"])
def test_the_sidecar_has_no_rights_in_other_namespaces(thief, nobody, other):
    """The sidecar has no rights in other namespaces, even where another gateway's objects are."""
    assert rules(nobody, other) == rules(thief, other)


@pytest.mark.parametrize(
    "words",
    [
        ("get", "configmaps", "--all-namespaces"),
        ("get", "secrets"),
        ("get", "secrets", "--watch"),
        ("get", "secrets", "--namespace=default", "any"),
        ("get", "configmaps", "--namespace=kube-system", "any"),
        ("get", "pods"),
        ("get", "services.postern.dev"),
        ("create", "configmap", "new"),
        ("create", "secret", "generic", "new"),
        ("create", "token", ACCOUNT),
        ("annotate", "configmap", "postern-index", "a=b"),
        ("patch", "secret", SECRET_SHARD, "--patch={}"),
        ("delete", "configmap", "postern-index"),
        ("delete", "configmaps", "--all"),
        ("delete", "secret", SECRET_SHARD),
    ],
    ids=" ".join,
)
def test_what_the_sidecar_never_needs_is_refused(thief, crds, words):
    """By the API server, whatever the sidecar's code does."""
    done = thief(*words)
    assert (1, True) == (done.returncode, "forbidden" in done.stderr.lower()), done.stderr


@pytest.mark.parametrize("words", [("configmaps",), ("configmap", SHARD), ("secret", SECRET_SHARD)], ids=" ".join)
def test_what_the_sidecar_needs_is_allowed(thief, words):
    """Otherwise the others prove nothing."""
    done = thief("get", *words)
    assert 0 == done.returncode, done.stderr
