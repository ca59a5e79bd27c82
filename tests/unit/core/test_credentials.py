"""Consumers and credentials, resolved."""

import base64

from manifests import SECRET, compiled, consumer, credential, reasons, route, secret, service

OPEN = [service(auth={"jwt": {}}), route()]


def entries(*manifests):
    return compiled(*OPEN, *manifests).snapshot.credentials


def test_a_secret_travels_as_base64_of_its_bytes():
    """However it was written."""
    (plain,) = entries(consumer(), credential(), secret())
    keys = [{"secretRef": {"name": "alice", "key": "secret", "encoding": "Base64"}}]
    encoded = secret(value=base64.b64encode(SECRET.encode()).decode())
    (decoded,) = entries(consumer(), credential(keys=keys), encoded)

    assert base64.b64encode(SECRET.encode()).decode() == plain.keys[0].material == decoded.keys[0].material


def test_the_key_defaults_to_the_name():
    """Unique in a namespace already."""
    assert ["alice", "k"] == [
        entries(consumer(), credential(key=key) if key else credential(), secret())[0].key for key in (None, "k")
    ]


def test_a_credential_without_its_consumer_serves_nobody():
    """A credential without its consumer verifies nothing, and its problem names the consumer."""
    assert () == entries(credential(), secret())
    assert [("alice", "ConsumerNotFound")] == reasons(credential(), secret())


def test_a_broken_consumer_is_no_consumer():
    """Its groups can't be known."""
    assert () == entries(consumer(groups="readers"), credential(), secret())


def test_the_older_of_two_keeps_the_key_even_while_it_is_broken():
    """The older of two credentials keeps the key while it is broken, or breaking it would hand the key over."""
    lost = [{"secretRef": {"name": "nowhere", "key": "secret"}}]
    older = credential("older", key="k", keys=lost, created="2026-01-01T00:00:00Z")
    newer = credential("newer", key="k", created="2026-01-02T00:00:00Z")

    assert () == entries(consumer(), older, newer, secret())
    assert [("newer", "Conflicted"), ("older", "SecretNotFound")] == reasons(consumer(), older, newer, secret())


def test_the_same_key_in_two_namespaces_is_no_conflict():
    """They can't see each other."""
    theirs = [consumer(namespace="b"), credential(namespace="b"), secret(namespace="b")]

    assert [] == reasons(consumer(), credential(), secret(), *theirs)


def test_revocations_and_dates_are_seconds():
    """Since the epoch."""
    keys = [{"secretRef": {"name": "alice", "key": "secret"}, "notAfter": "1970-01-01T00:01:00Z"}]
    revoked = {"jtis": ["b", "a"], "issuedBefore": "1970-01-01T01:00:00+01:00"}
    (entry,) = entries(consumer(), credential(keys=keys, revoked=revoked), secret())

    assert (60.0, ("a", "b"), 0.0) == (entry.keys[0].not_after, entry.revoked_jtis, entry.issued_before)


def test_a_secret_in_the_place_of_the_generated_one_is_refused():
    """Whoever put it there may know it, and could make tokens."""
    keyless = credential(keys=[])
    (problem,) = compiled(*OPEN, consumer(), keyless, secret("alice-jwt")).problems

    assert ("Conflicted", "spec.keys") == (problem.reason.text, problem.field)
    assert SECRET not in str(problem)
    assert () == entries(consumer(), keyless, secret("alice-jwt"))


def test_a_secret_of_the_generated_name_may_be_named():
    """A secretRef may name the Secret of the generated name: naming it makes it intended."""
    keys = [{"secretRef": {"name": "alice-jwt", "key": "secret"}}]

    assert [] == reasons(consumer(), credential(keys=keys), secret("alice-jwt"))
