"""Certificates of Secrets, for the hosts of their namespace."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from certificates import Authority, Pair, odd_certificates, tls_secret
from manifests import compiled, reasons, route, service
from postern_core.link.host_certificates import PRIVATE_KEY, HostCertificates, covered
from postern_core.link.references import Missing
from postern_core.link.sizes import CHAIN_BYTES_MAX, NAMES_BYTES_MAX
from postern_core.snapshot_certificates import Certificate


@pytest.fixture(scope="module")
def authority():
    return Authority("test CA")


def secure(*names, **fields):
    """A Service with these certificates."""
    return service(tls={"certificateRefs": [{"name": name} for name in names]}, **fields)


def names_of(*manifests, **options):
    """For which names each Secret's certificate is published."""
    return {it.id: it.names for it in compiled(*manifests, **options).snapshot.certificates}


@pytest.mark.parametrize(
    ("hosts", "names", "shown"),
    [
        (["a.test"], ["a.test", "b.test"], ("a.test",)),
        (["a.test"], ["*.test"], ("a.test",)),
        (["a.b.test"], ["*.test"], ()),
        (["*.test"], ["*.test"], ("*.test",)),
        (["*.test"], ["a.test", "*.a.test", "a.b.test", "test"], ("*.a.test", "a.b.test", "a.test")),
        (["*.a.test"], ["*.test"], ()),
        (["*"], ["a.test", "*.b.test"], ("*.b.test", "a.test")),
        (["test"], ["*.test"], ()),
        (["a.test"], ["*", "*.", "a*.test", "*.*.test"], ()),
        ([], ["a.test"], ()),
    ],
    ids=str,
)
def test_a_certificate_is_shown_for_what_it_covers_of_the_hosts(hosts, names, shown):
    """A wildcard of a certificate is one label, that of a host one or more."""
    assert shown == covered(hosts, names)


def test_a_name_that_no_host_has_costs_nothing():
    """One of 70,000 characters in a certificate would take a gigabyte while all objects are compiled."""
    tracemalloc.start()
    shown = covered(["*.test", "*"], ["a." * 35_000 + "test", "a.test"])
    _, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert ("a.test",) == shown
    assert most_bytes < 1_000_000


@pytest.mark.parametrize("label", ["PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "EC PRIVATE KEY"])
def test_a_block_of_a_key_is_found_between_others(label):
    """The headers of an old encrypted key belong to it, so that its passphrase is what the message is about."""
    block = f"-----BEGIN {label}-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAA+/=\n-----END {label}-----"
    found = PRIVATE_KEY.search(f"-----BEGIN {label}-----\n-----BEGIN X-----\n{block}\n{block}")
    assert found
    assert block == found[0]


def test_blocks_without_an_end_are_read_once():
    """However many begin in a Secret, each of its bytes is looked at a few times."""
    began_s = time.process_time()
    assert PRIVATE_KEY.search("-----BEGIN PRIVATE KEY-----a" * 20_000) is None
    assert time.process_time() - began_s < 2


def test_a_pair_is_published_and_nothing_beside_it(authority):
    """Text beside the blocks, and the key that a chain may hold, are left out."""
    pair = authority.issue("app.example.com")
    noisy = Pair(b"Bag Attributes\n" + pair.chain + authority.pem.encode() + pair.key, b"canary\n" + pair.key, 0)
    [entry] = compiled(secure("one"), tls_secret(noisy, "one")).snapshot.certificates
    assert (pair.chain.decode() + authority.pem, pair.key.decode()) == (entry.chain_pem, entry.key_pem)
    assert "Secret/default/one" == entry.id


def test_the_services_of_a_namespace_share_a_certificate(authority):
    """It is published once, for the hosts of both."""
    services = [secure("one"), secure("one", name="other", hosts=["www.example.com"])]
    found = names_of(*services, tls_secret(authority.issue("*.example.com"), "one"))
    assert {"Secret/default/one": ("app.example.com", "www.example.com")} == found


def test_a_secret_of_another_namespace_is_not_read(authority):
    """A Service names Secrets of its own namespace; one of the same name in another is not there for it."""
    pair = authority.issue("app.example.com")
    assert [("app", "SecretNotFound")] == reasons(secure("one"), tls_secret(pair, "one", "other"))


@pytest.mark.parametrize("type_", ["Opaque", "", "postern.dev/jwt-key", "kubernetes.io/dockerconfigjson"])
def test_a_secret_of_another_type_is_as_none(type_, authority):
    """The message does not tell one from the other, whatever the Secret holds and however it is labelled."""
    marked = {"name": "one", "namespace": "default", "labels": {"postern.dev/use": "jwt-key"}}
    other = tls_secret(authority.issue("app.example.com"), "one", type_=type_) | {"metadata": marked}
    assert compiled(secure("one"), other).problems == compiled(secure("one")).problems
    assert () == compiled(secure("one"), other).snapshot.certificates


def test_a_host_of_another_namespace_gets_no_certificate_of_this_one(authority):
    """A Service that lost a host shows nothing for it, and its certificate is no second complaint."""
    first = service("first", "other", "2025-01-01T00:00:00Z")
    made = compiled(first, secure("one"), tls_secret(authority.issue("app.example.com"), "one"))
    assert ["HostConflict"] == [problem.reason.text for problem in made.problems]
    assert () == made.snapshot.certificates


def test_a_certificate_that_x_509_does_not_allow_is_refused_alone(authority):
    """Whatever a library raises for it, the objects of all other tenants are compiled."""
    other = secure("one", name="other", hosts=["b.example.com"])
    fine = tls_secret(authority.issue("b.example.com"), "one")
    for pair in odd_certificates(authority).values():
        made = compiled(secure("odd"), tls_secret(pair, "odd"), other, fine)
        assert ["InvalidCertificate"] == [problem.reason.text for problem in made.problems]
        assert ["Secret/default/one"] == [it.id for it in made.snapshot.certificates]


def test_a_message_tells_no_name_of_a_certificate(authority):
    """The author of a Service need not be allowed to read the Secret."""
    [problem] = compiled(secure("one"), tls_secret(authority.issue("canary.example.org"), "one")).problems
    assert "CertificateMismatch" == problem.reason.text
    assert "canary" not in problem.message


def test_a_chain_is_bounded(authority):
    """Clients take some 100 KB, and an entry has to fit into its shard."""
    pair = authority.issue("app.example.com")
    long = Pair(pair.chain * (CHAIN_BYTES_MAX // len(pair.chain) + 1), pair.key, 0)
    assert [("app", "InvalidCertificate")] == reasons(secure("one"), tls_secret(long, "one"))


def test_the_names_of_a_certificate_are_bounded():
    """Ten thousand hosts of a namespace may share one; beyond, the object that would add more is refused alone."""
    known = HostCertificates()
    certificate = Certificate(id="Secret/n/a", namespace="n", names=("x" * 250,), chain_pem="c", key_pem="k")
    first = known.add(certificate)
    again = known.add(certificate)
    assert (255, 0) == (first, again)
    hosts = tuple(f"{number}.example.com" for number in range(NAMES_BYTES_MAX // 10))
    beyond = known.add(Certificate(id="Secret/n/a", namespace="n", names=hosts, chain_pem="c", key_pem="k"))
    assert isinstance(beyond, Missing)
    assert [certificate] == known.entries


def test_a_service_that_is_not_accepted_keeps_its_certificate(authority):
    """Its clients get 503 over TLS, and no failed handshake."""
    broken = secure("one", pathPrefix="//")
    assert names_of(broken, tls_secret(authority.issue("app.example.com"), "one"))


def test_a_key_is_in_no_message_and_no_representation(authority):
    """A key that does not fit is not quoted."""
    pair = authority.issue("app.example.com")
    broken = Pair(authority.issue("app.example.com").chain, pair.key, 0)
    made = compiled(secure("one"), tls_secret(broken, "one"), route())
    lines = pair.key.decode().splitlines()[1:-1]
    assert not any(line in f"{made.problems}" for line in lines)


def test_a_host_without_a_route_is_not_shown_the_certificate_of_the_wildcard_above(authority):
    """Below a wildcard with a certificate of another namespace the table has the host, so that it tells whose it is."""
    held = service("held", "other", "2025-01-01T00:00:00Z", hosts=["shop.example.com"])
    wide = secure("one", hosts=["*.example.com"])
    made = compiled(held, wide, tls_secret(authority.issue("*.example.com"), "one"))
    assert [("shop.example.com",)] == [it.hosts for it in made.snapshot.routes if it.namespace == "other"]
