"""What can be wrong with a JWTCredential by itself."""

import pytest

from manifests import consumer, credential, mistakes, secret

REF = {"name": "alice", "key": "secret"}


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"keys": [{}]}, "spec.keys[0]"),
        ({"keys": [{"secretRef": REF, "publicKey": "x"}]}, "spec.keys[0]"),
        ({"keys": [{"publicKey": "x"}]}, "spec.keys[0]"),
        ({"algorithm": "RS256"}, "spec.keys[0].secretRef"),
        ({"algorithm": "RS256", "keys": []}, "spec.keys"),
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
