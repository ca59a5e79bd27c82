"""The CAs that may have signed certificates of clients."""

from __future__ import annotations

import ssl
from functools import partial

import pytest
import structlog

from certificates import Authority
from postern_dataplane.certificates.certificate_reloader import selecting_context
from postern_dataplane.certificates.certificate_store import CertificateStore
from postern_dataplane.certificates.client_validation import ClientValidation
from postern_dataplane.certificates.sni_selector import SniSelector
from postern_dataplane.certificates.tls_context import server_context


@pytest.fixture
def ca_file(tmp_path, authority):
    file = tmp_path / "ca.crt"
    file.write_text(authority.pem)
    return file


def taken(validation):
    """How many CAs a context gets, and whether it insists."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    validation.apply_to(context)
    return context.cert_store_stats()["x509_ca"], context.verify_mode


def test_the_cas_are_followed(ca_file, authority):
    """Other CAs are other contexts; a file that is as it was changes nothing."""
    validation = ClientValidation(ca_file, is_required=True)
    assert ([True, False], (1, ssl.CERT_REQUIRED)) == ([validation.refresh(), validation.refresh()], taken(validation))
    ca_file.write_text(authority.pem + Authority("another CA").pem)
    assert (True, (2, ssl.CERT_REQUIRED)) == (validation.refresh(), taken(validation))


@pytest.mark.parametrize("content", ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_file_that_can_not_be_used_changes_nothing(content, ca_file):
    """The last good CAs stay in force, and an error says so once."""
    validation = ClientValidation(ca_file, is_required=False)
    validation.refresh()
    ca_file.write_text(content)
    with structlog.testing.capture_logs() as logged:
        assert [False, False] == [validation.refresh(), validation.refresh()]
    assert [("CAs of clients refused", True)] == [(line["event"], line["the_last_ones_serve"]) for line in logged]
    assert (1, ssl.CERT_OPTIONAL) == taken(validation)


def test_a_certificate_of_a_server_is_no_ca(ca_file, authority):
    """A leaf in place of its CA would let nobody in, and is said to be none."""
    ca_file.write_bytes(authority.issue("a.test").chain)
    assert not ClientValidation(ca_file, is_required=True).refresh()


def test_without_a_file_no_certificate_is_taken(tmp_path):
    """A client that needs one is kept out until the CAs are there."""
    validation = ClientValidation(tmp_path / "ca.crt", is_required=True)
    assert (False, (0, ssl.CERT_REQUIRED)) == (validation.refresh(), taken(validation))


def shaken(server, client, session=None):
    """Shake hands in memory; returns the session of the client and whether the server has resumed one."""
    client_in, server_in = ssl.MemoryBIO(), ssl.MemoryBIO()
    caller = client.wrap_bio(client_in, server_in, server_hostname="a.test", session=session)
    called = server.wrap_bio(server_in, client_in, server_side=True)
    for _ in range(4):
        for one in (caller, called):
            try:
                one.do_handshake()
            except ssl.SSLWantReadError:
                continue
    called.write(b"x")
    caller.read(1)
    return caller.session, called.session_reused


@pytest.fixture
def client(tmp_path, authority):
    """The context of a client with a certificate."""
    pair, context = authority.issue("client"), authority.client_context()
    (tmp_path / "client.pem").write_bytes(pair.chain + pair.key)
    context.load_cert_chain(tmp_path / "client.pem")
    return context


@pytest.fixture
def validation(ca_file):
    """One that insists, and has read its file."""
    made = ClientValidation(ca_file, is_required=True)
    made.refresh()
    return made


def store_for(folder, validation):
    """The certificates beside a folder, shown to clients that are validated, and how contexts are made for them."""
    make_context = partial(server_context, "1.2", validation)
    store = CertificateStore(folder.parent, make_context)
    store.scan()
    return store, make_context


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_a_certificate_is_verified_at_each_handshake(version, validation, authority, client, put):
    """A client that resumes a session would be served for hours after its certificate has ended."""
    store, make_context = store_for(put("a", authority.issue("a.test")), validation)
    server = selecting_context(SniSelector(store.good), make_context)
    client.maximum_version = ssl.TLSVersion[version]
    session, _ = shaken(server, client)
    assert not shaken(server, client, session)[1]


def test_other_cas_hold_for_a_pair_that_is_gone_too(ca_file, validation, authority, client, put):
    """A pair that is gone from disk, or has ended, is shown still, but not with CAs that were taken away."""
    folder = put("a", authority.issue("a.test"))
    store, _ = store_for(folder, validation)
    shaken(store.good[0].context, client)
    (folder / "tls.key").unlink()
    ca_file.write_text(Authority("another CA").pem)
    assert validation.refresh()
    store.renew_contexts()
    store.scan()
    with pytest.raises(ssl.SSLError):
        shaken(store.good[0].context, client)
