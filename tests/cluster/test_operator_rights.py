"""What the operator's account may do, and what whoever steals it may not."""

from __future__ import annotations

import pytest

from operator_account import operator_account


@pytest.fixture
def operator(kubectl, crds, namespace, tmp_path):
    with operator_account(kubectl, namespace, tmp_path) as operator:
        yield operator


def may(operator, *words):
    return operator("auth", "can-i", *words).stdout.strip()


@pytest.mark.parametrize(
    "words",
    [
        ("patch", "routes.postern.dev"),
        ("patch", "routes.postern.dev/scale"),
        ("delete", "services.postern.dev"),
        ("create", "jwtcredentials.postern.dev"),
        ("update", "routes.postern.dev/status"),
        ("patch", "secrets"),
        ("delete", "secrets"),
        ("create", "configmaps"),
        ("patch", "configmaps"),
        ("get", "pods"),
        ("create", "pods"),
        ("get", "pods/exec"),
        ("create", "serviceaccounts/token"),
        ("patch", "namespaces"),
        ("create", "leases"),
        ("patch", "customresourcedefinitions"),
        ("create", "clusterrolebindings"),
        ("impersonate", "users"),
    ],
    ids=" ".join,
)
def test_elsewhere_it_may_not(operator, words):
    """In a namespace that is neither its own nor a gateway's."""
    assert "no" == may(operator, *words, "--namespace=default")


@pytest.mark.parametrize(
    "words",
    [
        ("delete", "leases", "postern-operator"),
        ("update", "leases", "another"),
        ("update", "secrets"),
        ("deletecollection", "secrets"),
        ("patch", "services.postern.dev"),
    ],
    ids=" ".join,
)
def test_at_home_it_may_not(operator, namespace, words):
    """Where it runs, and where it publishes."""
    verb, kind, *name = words
    assert "no" == may(operator, verb, f"{kind}/{name[0]}" if name else kind, f"--namespace={namespace}")


@pytest.mark.parametrize(
    "words",
    [("list", "secrets"), ("create", "secrets"), ("watch", "routes.postern.dev"), ("create", "events.events.k8s.io")],
    ids=" ".join,
)
def test_everywhere_it_may_what_it_needs(operator, words):
    """The operator may do what it needs in every namespace."""
    assert "yes" == may(operator, *words, "--namespace=default")
