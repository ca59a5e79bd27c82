"""The public keys of one entry: their ids, and what is said of a text whose reader need not know it."""

from __future__ import annotations

import json

import pytest

from manifests import compiled, consumer, credential, route, secret, service
from postern_core.validators import UnreadableKey
from postern_operator.public_keys import read_public_keys

X = "PP-hPbCk7jn475TPevfPeGg33PKLdTPTCmIa_7a8RB8"
Y = "qYISq-yYw2mmBvNgBFsdrf0yrARKHNH55U0pZ5OfEjE"
JWK = {"kty": "EC", "crv": "P-256", "x": X, "y": Y}
REF = {"publicKeyRef": {"name": "keys", "key": "jwk"}}


def held(value):
    text = value if isinstance(value, str) else json.dumps(value)
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "keys", "namespace": "default"},
            "data": {"jwk": text}}  # fmt: skip


def told(entry, *more, algorithm="ES256"):
    return compiled(consumer(), credential(keys=[entry], algorithm=algorithm), *more)


@pytest.mark.parametrize("wrong", [{"use": "enc"}, {"alg": "ES384"}, {"key_ops": ["sign"]}, {"crv": "P-384"}, {"d": X}])
def test_what_a_config_map_holds_instead_of_a_key_is_not_told(wrong):
    """It is one message, which says what is needed; an inline key has a reason of its own."""
    (problem,) = told(REF, held(JWK | wrong)).problems
    (nonsense,) = told(REF, held("nonsense")).problems
    (inline,) = told({"publicKey": json.dumps(JWK | wrong)}).problems
    assert problem.message == nonsense.message != inline.message
    assert "a JWK or JWK Set whose use, key_ops and alg allow it" in problem.message


def test_an_id_that_contradicts_the_kid_of_a_config_map_does_not_tell_it():
    """Only that the id is another."""
    (problem,) = told({**REF, "id": "mine"}, held(JWK | {"kid": "theirs"})).problems
    assert "or one of another id" in problem.message
    assert "theirs" not in problem.message


def test_the_status_has_the_ids_of_the_set_and_counts_what_is_passed_over():
    """Those of another use, or of another algorithm than the credential's."""
    members = [JWK | {"kid": "a"}, JWK | {"kid": "b", "use": "enc"}, JWK | {"kid": "c", "alg": "ES256K"}, {"kty": "x"}]
    found = told(REF, held({"keys": members}))
    assert [{"keyIDs": ["a"], "keysPassedOver": 3}] == list(found.facts.values())
    assert () == found.problems


def test_the_status_of_a_plain_key_needs_no_linking():
    """What its spec says is what holds."""
    assert {} == told({"publicKey": json.dumps(JWK), "id": "a"}).facts


def test_an_id_beside_a_set_is_a_mistake():
    """It could only name one of the keys."""
    assert "leave out id" in told({"id": "a", "publicKey": json.dumps({"keys": [JWK]})}).problems[0].message


def test_a_hundred_keys_are_taken_and_one_more_is_not():
    """As many as providers have."""
    members = [JWK | {"kid": str(number)} for number in range(100)]
    read_public_keys(json.dumps({"keys": members}))
    with pytest.raises(UnreadableKey, match="more than 100"):
        read_public_keys(json.dumps({"keys": [*members, JWK]}))


def test_sixteen_keys_are_given_by_hand():
    """Six keys are no more than a rotation of three issuers; one beyond sixteen is a mistake of the list."""
    keys = [{"id": str(number), "publicKey": json.dumps(JWK)} for number in range(17)]
    app = (service(auth={"jwt": {}}), route(), consumer())
    (taken,) = compiled(*app, credential(keys=keys[:16], algorithm="ES256")).snapshot.credentials
    assert 16 == len(taken.keys)
    (problem,) = compiled(consumer(), credential(keys=keys, algorithm="ES256")).problems
    assert "spec.keys" == problem.field


def kids(entry, *more):
    found = compiled(service(auth={"jwt": {}}), route(), consumer(), credential(keys=[entry], algorithm="ES256"), *more)
    return [key.id for made in found.snapshot.credentials for key in made.keys]


def test_a_jwk_with_a_kid_and_no_id_is_known_by_its_kid():
    """A `publicKey` with `kid: abc` and no `id` verifies tokens with `kid: abc` (RFC 7517, section 4.5)."""
    assert ["abc"] == kids({"publicKey": json.dumps(JWK | {"kid": "abc"})})
    assert [None] == kids({"publicKey": json.dumps(JWK)})


@pytest.mark.parametrize("kind", ["inline", "ConfigMap", "Secret"])
def test_a_jwk_set_is_taken_wherever_a_key_is(kind):
    """Inline, or in the ConfigMap or Secret of a `publicKeyRef`, each key by its kid."""
    text = json.dumps({"keys": [JWK | {"kid": "a"}, JWK | {"kid": "b"}]})
    if kind == "inline":
        assert ["a", "b"] == kids({"publicKey": text})
        return
    holder = held(text) if kind == "ConfigMap" else secret("keys") | {"stringData": {"jwk": text}}
    assert ["a", "b"] == kids({"publicKeyRef": REF["publicKeyRef"] | {"kind": kind}}, holder)
