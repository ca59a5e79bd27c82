"""The CAs that may have signed certificates of clients."""

from __future__ import annotations

import ssl

import pytest
import structlog

from certificates import Authority
from postern_dataplane.certificates.client_validation import ClientValidation


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
