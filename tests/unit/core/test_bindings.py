"""Credentials that are bound to a TokenIssuer: who may bind, and which one has a key."""

from __future__ import annotations

import pytest

from manifests import compiled, consumer, manifest, route, service
from postern_core.grants import grants_in
from postern_core.kinds import KINDS
from postern_core.link.bindings import unusable_issuer
from postern_core.link.resource_index import index_resources
from postern_core.memo import Memo
from postern_core.parse import parse_manifest
from postern_core.problems import Reason
from postern_core.ref import Ref
from postern_operator.validators import VALIDATORS

IDP = {"name": "idp", "namespace": "platform"}


def issuer(**spec):
    """A TokenIssuer that finds Consumers by a claim, in the namespace `platform`."""
    given = {
        "issuer": "https://idp",
        "keys": {"ref": {"name": "jwks", "key": "jwks.json"}},
        "anyAudience": True,
        "callers": {"claim": ["azp"]},
        "allowedNamespaces": ["a", "b"],
    }
    return manifest("TokenIssuer", "idp", given | spec, "platform")


def binding(name="app", namespace="a", created="", **spec):
    """A credential that is bound to that issuer."""
    given = {"consumerRef": {"name": "alice"}, "issuerRef": IDP, "key": "k"}
    return manifest("JWTCredential", name, given | spec, namespace, created)


def app(namespace="a"):
    """A Service of a namespace that takes the issuer's tokens for Consumers of each namespace."""
    policy = {"tokenIssuers": [IDP], "allow": {"namespaces": "All"}}
    return service(namespace=namespace, auth={"jwt": policy}), route(namespace=namespace)


def told(result, name="app"):
    """What is wrong with a credential."""
    return [it.reason for it in result.problems if it.ref.kind == "JWTCredential" and it.ref.name == name]


def test_a_binding_has_no_key():
    """What verifies its tokens is the issuer's, and so is the algorithm."""
    (entry,) = compiled(*app(), issuer(), consumer(namespace="a"), binding()).snapshot.credentials
    assert ("TokenIssuer/platform/idp", "k", "", ()) == (entry.issuer, entry.key, entry.algorithm, entry.keys)


@pytest.mark.parametrize(("allowed", "wrong"), [("Same", [Reason.TOKEN_ISSUER_NOT_FOUND]), (["b"], None), ("All", [])])
def test_the_issuer_s_owner_decides_who_binds(allowed, wrong):
    """A namespace that it does not allow gets the words that it would get if there were no issuer."""
    bound = compiled(*app(), issuer(allowedNamespaces=allowed), consumer(namespace="a"), binding())
    absent = compiled(*app(), consumer(namespace="a"), binding())
    refused = [Reason.TOKEN_ISSUER_NOT_FOUND]
    assert (refused if wrong is None else wrong) == told(bound)
    if allowed != "All":
        assert told(bound) == told(absent)
        assert () == bound.snapshot.credentials
        messages = [[it.message for it in made.problems if it.ref.name == "app"] for made in (bound, absent)]
        assert messages[0] == messages[1]


def test_an_issuer_that_is_not_accepted_has_no_binding():
    """The credential waits for it, and its tokens are refused."""
    result = compiled(*app("platform"), issuer(callers={}), consumer(namespace="platform"), binding("app", "platform"))
    assert [Reason.TOKEN_ISSUER_NOT_FOUND] == told(result)


def test_of_two_bindings_with_one_key_the_older_serves():
    """As with the keys of credentials that have their own."""
    younger, older = binding("twin", created="2026-02-01T00:00:00Z"), binding(created="2026-01-01T00:00:00Z")
    result = compiled(*app(), issuer(), consumer(namespace="a"), younger, older)
    assert ["app"] == [it.name for it in result.snapshot.credentials]
    assert [Reason.CONFLICTED] == told(result, "twin")


def test_a_key_of_an_issuer_is_none_of_another():
    """Keys that the gateway holds itself, and those of each issuer, are apart."""
    other = issuer(issuer="https://other") | {"metadata": {"name": "other", "namespace": "platform"}}
    bound = binding("second", issuerRef=IDP | {"name": "other"})
    own = manifest("JWTCredential", "own", {"consumerRef": {"name": "alice"}, "key": "k"}, "a")
    result = compiled(*app(), issuer(), other, consumer(namespace="a"), binding(), bound, own)
    assert not [it for it in result.problems if it.reason is Reason.CONFLICTED]


def test_who_had_a_key_first_keeps_it_whatever_is_edited():
    """The grant is that of the issuer's key, and it is found again in what is published."""
    objects = [*app(), issuer(), consumer(namespace="a"), consumer(namespace="b"), binding()]
    first = compiled(*objects)
    older = binding("twin", created="2020-01-01T00:00:00Z")
    later = compiled(*objects, older, binding(namespace="b"), grants=first.grants)

    assert first.grants.keys == grants_in(first.snapshot).keys
    assert [("a", "app", 0), ("b", "app", 1)] == [
        (it.namespace, it.name, it.since) for it in later.snapshot.credentials
    ]
    assert later.grants.keys == grants_in(later.snapshot).keys


@pytest.mark.parametrize(("callers", "warned"), [({"anyone": {}}, True), ({"claim": ["azp"]}, False)])
def test_a_binding_that_no_token_can_pick_is_warned_of(callers, warned):
    """It is probably the issuer that lacks the claim."""
    result = compiled(*app(), issuer(callers=callers), consumer(namespace="a"), binding())
    assert [Reason.WARNING] * warned == told(result)


def test_of_an_issuer_that_may_not_be_used_nothing_is_said():
    """Whether it finds callers by a claim is its owner's business."""
    result = compiled(
        *app(), issuer(callers={"anyone": {}}, allowedNamespaces="Same"), consumer(namespace="a"), binding()
    )
    assert [Reason.TOKEN_ISSUER_NOT_FOUND] == told(result)


def test_the_status_names_the_issuer():
    """It says nothing of keys, of which there are none."""
    index = index_resources([parse_manifest(issuer())], VALIDATORS, Memo())
    assert unusable_issuer(Ref("JWTCredential", "a", "app"), Ref("TokenIssuer", "a", "idp"), "spec", index) is not None
    facts = KINDS["JWTCredential"].facts
    assert facts is not None
    parsed = parse_manifest(binding())
    assert {"key": "k", "issuer": "platform/idp"} == facts(parsed.ref, parsed.resource.spec)
