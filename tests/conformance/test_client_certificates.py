"""Certificates by which applications are called that ask for one."""

from __future__ import annotations

import ssl

import pytest

import raw
from certificates import Authority, tls_secret
from load import Load
from manifests import route, service

RENEWALS = 4


@pytest.fixture(scope="module")
def authority():
    return Authority("test CA")


@pytest.fixture(scope="module")
def module_upstream(start_upstream, authority, tmp_path_factory):
    """An application that takes nobody without a certificate of the CA."""
    context = authority.server_context(tmp_path_factory.mktemp("tls"), "127.0.0.1")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=authority.pem)
    return start_upstream(tls=context)


def served(upstream, *secrets, named=True):
    """The application behind the gateway, which calls it by `app-tls`."""
    tls = {"caCertificateRef": {"name": "ca"}} | ({"clientCertificateRef": {"name": "app-tls"}} if named else {})
    authority = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ca", "namespace": "default"}}
    bundle = authority | {"data": {"ca.crt": upstream.ca_pem}}
    return [service(upstream={"url": upstream.url, "tls": tls}), route(), bundle, *secrets]


def identity(pair):
    secret = tls_secret(pair)
    return secret | {"metadata": secret["metadata"] | {"labels": {"postern.dev/use": "client-certificate"}}}


@pytest.fixture(scope="module")
def gateway(start_gateway, module_upstream, authority):
    module_upstream.ca_pem = authority.pem
    pair = authority.issue()
    return start_gateway(served(module_upstream, identity(pair)), workers=2)


def status(gateway):
    return raw.ask(gateway.listen, raw.request("/")).status


def test_an_application_is_called_by_the_certificate(gateway, upstream, authority):
    """Without it the application takes nothing, and nothing of the request reaches it."""
    gateway.serve(served(upstream, identity(authority.issue())))
    assert [200] * 4 == [status(gateway) for _ in range(4)]
    gateway.serve(served(upstream, named=False))
    upstream.forget()
    assert {502} == {status(gateway) for _ in range(4)}
    assert [] == list(upstream.requests)


def test_a_secret_that_is_gone_closes_the_service_until_it_is_back(gateway, upstream, authority):
    """Its requests get 503, and are served again as soon as the Secret is, without a change of the Service."""
    secret = identity(authority.issue())
    gateway.serve(served(upstream))
    assert 503 == status(gateway)
    gateway.serve(served(upstream, secret))
    assert 200 == status(gateway)
    gateway.serve(served(upstream, identity(Authority("another CA").issue())))
    assert 502 == status(gateway)


def test_a_renewal_disturbs_nobody(gateway, upstream, authority):
    """Over several renewals under load not one request fails, and the last certificate is shown at the end."""
    gateway.serve(served(upstream, identity(authority.issue())))
    with Load(lambda: status(gateway)) as load:
        for _ in range(RENEWALS):
            gateway.serve(served(upstream, identity(authority.issue())))
    assert ([], True) == (load.failed, load.asked > RENEWALS)
