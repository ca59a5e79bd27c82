"""What can be wrong with a JWTCredential by itself."""

import pytest

from manifests import compiled, consumer, credential, mistakes, route, secret, service

REF = {"name": "alice", "key": "secret"}


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"keys": [{}]}, "spec.keys[0]"),
        ({"keys": [{"secretRef": REF, "publicKey": "x"}]}, "spec.keys[0]"),
        ({"keys": [{"publicKey": "x"}]}, "spec.keys[0]"),
        ({"algorithm": "RS256"}, "spec.keys[0].secretRef"),
        ({"algorithm": "RS256", "keys": []}, "spec.keys"),
        ({"issuerRef": {"name": "idp"}}, "spec.issuerRef"),
        ({"issuerRef": {"name": "idp"}, "keys": [], "algorithm": "HS512"}, "spec.issuerRef"),
        ({"issuerRef": {"name": "idp"}, "keys": [], "allowWeakKey": True}, "spec.issuerRef"),
        ({"keys": [{"id": "a", "secretRef": REF}, {"id": "a", "secretRef": REF}]}, "spec.keys[1].id"),
    ],
)
def test_a_credential_whose_keys_make_no_sense_is_refused(spec, field):
    """Never guessed at."""
    assert field in mistakes(consumer(), credential(**spec), secret())


def test_a_public_key_is_never_an_hmac_secret():
    """The oldest trick against JWT libraries has no place to start from."""
    message = mistakes(consumer(), credential(keys=[{"publicKeyRef": {"name": "k", "key": "p"}}]))["spec.keys[0]"]

    assert "never a public key" in message


@pytest.mark.parametrize("given", [{}, {"algorithm": "HS256"}])
def test_the_default_algorithm_is_the_gateway_s_own(given):
    """An absent algorithm means HS256, and one that earlier releases stored hinders no binding to an issuer."""
    kept = compiled(service(auth={"jwt": {}}), route(), consumer(), credential(**given), secret())
    assert ["HS256"] == [it.algorithm for it in kept.snapshot.credentials]
    bound = mistakes(consumer(), credential(issuerRef={"name": "idp"}, keys=[], **given))
    assert ["TokenIssuer 'idp' does not exist in namespace default; create it, or name another"] == list(bound.values())
