"""Clients that are asked for a certificate."""

from __future__ import annotations

import ssl

import pytest

import raw
from certificates import Authority, tls_secret
from gateway import open_to
from postern_core.header_names import canonical
from secure_gateway import NAME, SecureDataPlane, secured

FIELD = "X-Forwarded-Client-Cert"
CLIENTS = Authority("CA of clients")
STRANGERS = Authority("CA of others")


class Validating(SecureDataPlane):
    """A gateway that asks for certificates of `CLIENTS`."""

    mode = "required"

    def __init__(self, folder, *options, **arguments):
        folder.mkdir(parents=True)
        self.ca_file = folder / "clients.pem"
        self.ca_file.write_text(CLIENTS.pem)
        asked = ("--tls-client-ca", str(self.ca_file), "--tls-client-validation", self.mode)
        asked += ("--redirect-to-https", "443") if self.mode == "required" else ()
        super().__init__(folder, *asked, *options, **arguments)

    def _addresses(self):
        self.identity = CLIENTS.issue("billing.test")
        return super()._addresses()

    def secure(self, server_name=NAME, context=None):
        return super().secure(server_name, context or self.context(self.identity))

    def context(self, pair=None):
        """A client's context with this certificate, or without any."""
        context = self.authority.client_context()
        context.check_hostname = False
        if pair is not None:
            file = self.certificates.parent / f"{pair.serial}.pem"
            file.write_bytes(pair.chain + pair.key)
            context.load_cert_chain(file)
        return context

    def status(self, pair=None, server_name=NAME):
        """What a client with this certificate gets for the host that it asks for, None for a failed handshake."""
        asked = raw.request("/", host=server_name or NAME)
        try:
            return raw.ask(self.secure(server_name, self.context(pair)), asked).status
        except (ssl.SSLError, ConnectionError, AssertionError):
            return None


class Lenient(Validating):
    mode = "optional"


@pytest.fixture(scope="module")
def gateways(start_gateway, module_upstream):
    """One gateway for each mode, both with a certificate of a Service beside the gateway's own."""
    found = {}
    for kind in (Validating, Lenient):
        gateway = found[kind.mode] = start_gateway(open_to(module_upstream.address), kind=kind, workers=2)
        served = secured(module_upstream, tls_secret(gateway.authority.issue(NAME)))
        served[0]["spec"]["hosts"] += ["plain.example.org"]
        gateway.serve(served)
    return found


@pytest.mark.parametrize("server_name", [NAME, "plain.example.org", None], ids=str)
@pytest.mark.parametrize(
    ("mode", "pair", "status"),
    [
        ("required", CLIENTS.issue(), 200),
        ("required", None, None),
        ("required", STRANGERS.issue(), None),
        ("required", CLIENTS.issue(ended=True), None),
        ("optional", CLIENTS.issue(), 200),
        ("optional", None, 200),
        ("optional", STRANGERS.issue(), None),
    ],
)
def test_a_certificate_is_verified_whatever_name_is_asked_for(mode, pair, status, server_name, gateways):
    """No name leads around it: neither one whose certificate is a Service's, nor one of the gateway's own, nor none."""
    assert status == gateways[mode].status(pair, server_name)


def sent(gateway, upstream, pair, *fields, times=1):
    """What the application reads of a client with this certificate, each time that it asks."""
    address, found = gateway.secure(NAME, gateway.context(pair)), []
    for _ in range(times):
        upstream.forget()
        assert 200 == raw.ask(address, raw.request("/", *fields)).status
        [seen] = upstream.requests
        found.append([seen.fields[name] for name in seen.fields if canonical(name) == canonical(FIELD)])
    return found


def test_the_application_reads_which_certificate_it_was(gateways, upstream):
    """The field is the gateway's own, remembered or not, and each certificate has another."""
    one, other = CLIENTS.issue("one.test"), CLIENTS.issue("other.test")
    forged = (f"{FIELD}: Hash=forged", "x_forwarded_client_cert: Hash=forged")
    for pair, name in ((one, "one.test"), (other, "other.test"), (one, "one.test")):
        for values in sent(gateways["optional"], upstream, pair, *forged, times=4):
            [value] = values
            assert f'Subject="CN=server";DNS={name}' == value.partition(";")[2]


def test_a_client_without_a_certificate_can_not_say_that_it_has_one(gateways, upstream):
    """Over TLS and without it, the field never goes upstream as a client sends it."""
    forged = (f"{FIELD}: Hash=forged", "x_forwarded_client_cert: Hash=forged", "Connection: x")
    assert [[]] * 4 == sent(gateways["optional"], upstream, None, *forged, times=4)
    upstream.forget()
    raw.ask(gateways["optional"].plain, raw.request("/", *forged))
    [seen] = upstream.requests
    assert not [name for name in seen.fields if canonical(name) == canonical(FIELD)]


def test_other_cas_count_for_the_next_handshake(start_gateway, module_upstream):
    """Both workers follow the file, for the gateway's own certificates and for those of Services."""
    gateway = start_gateway(open_to(module_upstream.address), kind=Validating, workers=2)
    gateway.serve(secured(module_upstream, tls_secret(gateway.authority.issue(NAME))))
    gateway.ca_file.write_text(STRANGERS.pem)
    for server_name in (NAME, None):
        raw.until(
            lambda name=server_name: [200] * 6 == [gateway.status(STRANGERS.issue(), name) for _ in range(6)], "the CA"
        )
        assert gateway.status(gateway.identity, server_name) is None
