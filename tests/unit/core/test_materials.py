"""The material of one key, and what is said where there is none."""

import base64

import pytest

from manifests import SECRET, compiled, consumer, credential, secret
from postern_core.link.references import no_secret_for_keys
from postern_core.ref import Ref

NO_SECRET = no_secret_for_keys(Ref("Secret", "default", "alice")).message


def told(*holders, **spec):
    """The one message about the key."""
    (problem,) = compiled(consumer(), credential(**spec), *holders).problems
    return problem.message


def opaque(value):
    return secret(value=value) | {"type": "Opaque"}


@pytest.mark.parametrize("value", ["short", "", "-----BEGIN PRIVATE KEY-----", SECRET])
def test_nothing_is_told_of_an_unmarked_secret(value):
    """It looks like one that does not exist."""
    assert NO_SECRET == told(opaque(value)) == told()


@pytest.mark.parametrize("value", ["short", "", "-----BEGIN PRIVATE KEY-----"])
def test_where_unmarked_ones_are_allowed_only_whether_it_serves_is_told(value):
    """A refused unmarked Secret's message discloses neither its length nor its kind."""
    labels = {"postern.dev/unmarked-secrets": "allowed"}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default", "labels": labels}}

    assert NO_SECRET == told(opaque(value), namespace)
    assert "used without a label" in told(opaque(SECRET), namespace)


def test_how_long_a_secret_is_is_not_told():
    """Only how long it must be."""
    assert told(secret(value="short")) == told(secret(value="x" * 31))
    assert "HS256 needs 32 bytes or more" in told(secret(value="short"))


@pytest.mark.parametrize("value", ["%%%", "", base64.b64encode(b"ssh-rsa AAAA").decode()])
def test_what_a_secret_is_instead_of_a_key_is_not_told(value):
    """No base64, empty, or an asymmetric key: it is one message."""
    keys = [{"secretRef": {"name": "alice", "key": "secret", "encoding": "Base64"}}]

    assert told(secret(value="%%"), keys=keys) == told(secret(value=value), keys=keys)


def test_a_public_key_in_a_secret_needs_a_mark_as_well():
    """A Secret with a public key needs the label too, or its entries could be probed one by one."""
    keys = [{"publicKeyRef": {"kind": "Secret", "name": "alice", "key": "secret"}}]
    tls = secret(value="-----BEGIN CERTIFICATE-----") | {"type": "kubernetes.io/tls"}

    assert NO_SECRET == told(tls, keys=keys, algorithm="RS256")
