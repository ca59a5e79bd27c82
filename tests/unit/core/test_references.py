"""What a Secret or ConfigMap holds."""

import pytest

from postern_core.link.references import Missing, is_marked_for_keys, may_hold_keys, value_of
from postern_core.parse import parse_manifest
from postern_core.problems import Reason


def held(kind="Secret", key="a", **fields):
    parsed = parse_manifest({"apiVersion": "v1", "kind": kind, "metadata": {"name": "x"}, **fields})
    return value_of(parsed.ref, parsed, key)


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("Secret", {"data": {"a": "eHl6"}}, b"xyz"),
        ("Secret", {"stringData": {"a": "xyz"}}, b"xyz"),
        ("Secret", {"stringData": {"a": "new"}, "data": {"a": "eHl6"}}, b"new"),
        ("ConfigMap", {"data": {"a": "xyz"}}, b"xyz"),
        ("ConfigMap", {"binaryData": {"a": "eHl6"}}, b"xyz"),
    ],
)
def test_a_value_is_read_as_kubernetes_keeps_it(kind, fields, expected):
    """`stringData` wins, as the API server has it."""
    assert expected == held(kind, **fields)


@pytest.mark.parametrize("fields", [{}, {"data": {"b": "eHl6"}}, {"data": {"a": "%%%hunter2"}}])
def test_an_entry_that_is_missing_or_no_base64_is_told_without_its_value(fields):
    """The message about a missing or invalid entry discloses neither its value nor other entries."""
    missing = held(**fields)

    assert Missing(Reason.SECRET_KEY_MISSING, held().message) == missing


OWNER = {"apiVersion": "postern.dev/v1alpha1", "kind": "JWTCredential", "name": "a", "uid": "u"}
LABELS = {"postern.dev/use": "jwt-key"}
LAX = {"postern.dev/unmarked-secrets": "allowed"}


def secret(type_="Opaque", **metadata):
    return parse_manifest({"apiVersion": "v1", "kind": "Secret", "type": type_, "metadata": {"name": "x", **metadata}})


def namespace(labels):
    return parse_manifest({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n", "labels": labels}})


@pytest.mark.parametrize(
    ("parsed", "expected"),
    [
        (secret("postern.dev/jwt-key"), True),
        (secret(labels=LABELS), True),
        (secret("", labels=LABELS), True),
        (secret(ownerReferences=[OWNER]), True),
        (secret(), False),
        (secret(labels={"postern.dev/use": "else"}), False),
        (secret(ownerReferences=[OWNER | {"kind": "Route"}]), False),
        (secret(labels=1), False),
    ],
)
def test_a_secret_is_marked_by_type_by_label_or_by_its_credential(parsed, expected):
    """Everything else is somebody's secret for another purpose."""
    assert expected == is_marked_for_keys(parsed) == may_hold_keys(parsed, None)


@pytest.mark.parametrize(
    "type_",
    [
        "kubernetes.io/service-account-token",
        "kubernetes.io/dockerconfigjson",
        "kubernetes.io/dockercfg",
        "kubernetes.io/tls",
        "kubernetes.io/ssh-auth",
        "kubernetes.io/basic-auth",
        "bootstrap.kubernetes.io/token",
        "helm.sh/release.v1",
    ],
)
def test_no_mark_and_no_namespace_makes_a_key_of_another_type(type_):
    """What it holds opens something else."""
    parsed = secret(type_, labels=LABELS, ownerReferences=[OWNER])

    assert not may_hold_keys(parsed, namespace(LAX))


@pytest.mark.parametrize(
    ("labels", "expected"), [(LAX, True), ({"postern.dev/unmarked-secrets": "yes"}, False), ({}, False), (1, False)]
)
def test_an_opaque_secret_needs_no_mark_where_its_namespace_says_so(labels, expected):
    """Only who may change a Namespace decides that."""
    assert expected == may_hold_keys(secret(), namespace(labels))
