"""The certificates by which upstreams are called."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from certificates import Authority, Pair, tls_secret
from manifests import compiled, reasons, route, service

AT = "spec.upstream.tls.clientCertificateRef"


@pytest.fixture(scope="module")
def authority():
    return Authority("test CA")


def marked(secret, value="client-certificate"):
    """The Secret with the label that says what it is for."""
    return secret | {"metadata": secret["metadata"] | {"labels": {"postern.dev/use": value}}}


def calling(**fields):
    """A Service whose upstream is shown a certificate."""
    upstream = {"url": "https://app.internal", "tls": {"clientCertificateRef": {"name": "app-tls"}}}
    return service(upstream=upstream, **fields)


def test_a_certificate_travels_apart_from_the_upstream(authority):
    """The backend, which is public, has its id; the key is in the secret section, and is shown for no host."""
    pair = authority.issue()
    snapshot = compiled(calling(), route(), marked(tls_secret(pair))).snapshot
    [backend], [certificate] = snapshot.backends, snapshot.certificates
    assert ("Secret/default/app-tls", ()) == (backend.tls.client_certificate, certificate.names)
    assert (certificate.id, pair.key.decode()) == (backend.tls.client_certificate, certificate.key_pem)


@pytest.mark.parametrize("fault", ["none", "unmarked", "for keys", "of another type", "of another namespace"])
def test_a_secret_that_is_not_marked_is_as_none(fault, authority):
    """The owner of a Secret decides whether Services may call by it; the message does not say whether it is there."""
    secret = tls_secret(authority.issue())
    secrets = {
        "none": [],
        "unmarked": [secret],
        "for keys": [marked(secret, "jwt-key")],
        "of another type": [marked(secret | {"type": "Opaque"})],
        "of another namespace": [marked(tls_secret(authority.issue(), namespace="other"))],
    }
    made = compiled(calling(), route(), *secrets[fault])
    assert compiled(calling(), route()).problems == made.problems
    assert [("SecretNotFound", AT)] == [(it.reason.text, it.field) for it in made.problems if it.ref.name == "app"]
    assert () == made.snapshot.certificates


def test_without_its_certificate_an_upstream_is_not_called(authority):
    """An application that asks for a certificate in vain may take the gateway for a guest: so requests get 503."""
    broken = marked(tls_secret(Pair(authority.issue().chain, authority.issue().key, 0)))
    made = compiled(calling(), route(), broken)
    assert "tls.key is not the key of tls.crt" in made.snapshot.routes[0].refusal
    assert ("app", "InvalidCertificate") in reasons(calling(), broken)


def test_a_certificate_for_servers_alone_is_no_client_s(authority):
    """The application would refuse it; of one without extended key usage every use is allowed."""
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    secret = marked(tls_secret(authority.issue(extensions=[usage])))
    assert [("app", "InvalidCertificate")] == reasons(calling(), secret)


def test_one_certificate_may_be_shown_to_both_sides(authority):
    """It is published once, with the names that clients see it for."""
    secret = marked(tls_secret(authority.issue("app.example.com")))
    both = calling(tls={"certificateRefs": [{"name": "app-tls"}]})
    [certificate] = compiled(both, secret).snapshot.certificates
    assert ("app.example.com",) == certificate.names


def test_a_service_that_fails_a_check_is_told_of_its_certificate_too(authority):
    """All mistakes of an object are told at once."""
    assert {"spec.pathPrefix", AT} == {it.field for it in compiled(calling(pathPrefix="//")).problems}
