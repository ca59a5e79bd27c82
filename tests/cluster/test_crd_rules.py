"""Each rule of the CRDs refuses what it says, in the words that its user reads, and takes what stands beside it."""

from __future__ import annotations

import pytest

from cluster.pairs import SMALLEST, pairs
from manifests import manifest

pytestmark = pytest.mark.usefixtures("crds")

DRY_RUN = ("--dry-run=server",)


@pytest.mark.parametrize("pair", pairs(), ids=str)
def test_a_rule_refuses_what_is_wrong(kubectl, pair):
    """The user reads the field and what to do about it."""
    done = kubectl.apply(manifest(pair.kind, "a", pair.refused), options=DRY_RUN)
    assert pair.message == done.stderr.strip()[-len(pair.message) :]


@pytest.mark.parametrize("pair", pairs(), ids=str)
def test_a_rule_takes_what_is_right(kubectl, pair):
    """What differs from the refused only where it must is taken."""
    done = kubectl.apply(manifest(pair.kind, "a", pair.accepted), options=DRY_RUN)
    assert "" == done.stderr


def credential(namespace, **spec):
    return manifest("JWTCredential", "alice", SMALLEST["JWTCredential"] | spec, namespace)


KEY_WAS_CHANGED = (
    "spec.key: Invalid value: can't be changed, and its default is metadata.name; make a new JWTCredential\n"
)
CONSUMER_WAS_CHANGED = (
    "spec.consumerRef: Invalid value: can't be changed, or tokens would be taken for another consumer's; "
    "make a new JWTCredential\n"
)
ISSUER_WAS_CHANGED = (
    "spec.issuerRef: Invalid value: can't be changed, or tokens of another issuer would be taken for this consumer's; "
    "make a new JWTCredential\n"
)
BOUND = {"issuerRef": {"name": "idp"}}


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ({"key": "one"}, {"key": "two"}, KEY_WAS_CHANGED),
        ({}, {"key": "one"}, KEY_WAS_CHANGED),
        ({"key": "one"}, {}, KEY_WAS_CHANGED),
        ({}, {"consumerRef": {"name": "b"}}, CONSUMER_WAS_CHANGED),
        (BOUND, {"issuerRef": {"name": "other"}}, ISSUER_WAS_CHANGED),
        (BOUND, {"issuerRef": {"name": "idp", "namespace": "other"}}, ISSUER_WAS_CHANGED),
        (BOUND, {}, ISSUER_WAS_CHANGED),
    ],
)
def test_what_names_the_owner_of_a_token_can_not_change(kubectl, namespace, before, after, message):
    """A key or a consumer that changed would give old tokens to somebody else."""
    kubectl.apply(credential(namespace, **before))
    assert kubectl.apply(credential(namespace, **after)).stderr.endswith(message)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"key": "alice"}),
        ({"key": "alice"}, {}),
        ({"key": "one"}, {"key": "one", "algorithm": "HS512", "allowWeakKey": True}),
        ({"algorithm": "HS256"}, BOUND | {"algorithm": "HS256"}),
        ({}, BOUND),
    ],
)
def test_what_stays_the_same_in_force_may_be_written_otherwise(kubectl, namespace, before, after):
    """The key's default is the name, so that writing it out changes nothing; the rest may change."""
    kubectl.apply(credential(namespace, **before))
    assert "" == kubectl.apply(credential(namespace, **after)).stderr


ISSUER_WAS_CHANGED = (
    "spec.issuer: Invalid value: can't be changed, or tokens of another provider would be taken for this one's; "
    "make a new TokenIssuer\n"
)


@pytest.mark.parametrize("after", [{"issuer": "https://other"}, {"keys": {"kubernetes": {}}}])
def test_the_issuer_of_tokens_can_not_change(kubectl, namespace, after):
    """Tokens of another issuer would be taken for this one's; where its keys come from may change."""
    spec = SMALLEST["TokenIssuer"]
    kubectl.apply(manifest("TokenIssuer", "idp", spec, namespace))
    other = spec | after
    if "kubernetes" in other["keys"]:
        del other["issuer"]
    assert kubectl.apply(manifest("TokenIssuer", "idp", other, namespace)).stderr.endswith(ISSUER_WAS_CHANGED)
    fetched = spec | {"keys": {"discovery": {}}}
    assert "" == kubectl.apply(manifest("TokenIssuer", "idp", fetched, namespace)).stderr
