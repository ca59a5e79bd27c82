"""The certificates that an Ingress names in `tls`."""

from __future__ import annotations

import pytest

from certificates import Authority, tls_secret
from manifests import compiled, ingress, ingress_class, ingress_path, kubernetes_service, route, service
from postern_core.link.ingress_certificates import NO_CERTIFICATES

AUTHORITY = Authority("test CA")
AT = "spec.tls[0].secretName"


def found(*hosts, secret=None, names=("app.example.com",), now_s=0.0, host="app.example.com", **fields):
    """The names of each certificate, and what is said of an Ingress with these hosts in `tls`."""
    secret = tls_secret(AUTHORITY.issue(*names)) if secret is None else secret
    tls = [{"hosts": list(hosts), "secretName": "app-tls"}]
    one = ingress("site", ingress_path(), host=host, tls=tls, **fields)
    objects = [ingress_class(), *kubernetes_service(), one, *([secret] if secret else [])]
    compiled_ = compiled(*objects, now_s=now_s)
    told = [(it.reason.text, it.field) for it in compiled_.problems]
    return [it.names for it in compiled_.snapshot.certificates], told


@pytest.mark.parametrize(
    ("host", "hosts", "names", "shown"),
    [
        ("app.example.com", ["app.example.com"], ["app.example.com"], ["app.example.com"]),
        ("app.example.com", [], ["app.example.com", "other.example.com"], ["app.example.com"]),
        ("app.example.com", ["app.example.com"], ["*.example.com"], ["app.example.com"]),
        ("*.example.com", ["*.example.com"], ["*.example.com"], ["*.example.com"]),
        ("*.example.com", ["a.example.com"], ["*.example.com"], ["a.example.com"]),
    ],
)
def test_a_certificate_is_shown_for_the_hosts_of_its_ingress(host, hosts, names, shown):
    """For those in `tls`, or for all where none are; and only as far as it covers them."""
    assert ([tuple(shown)], []) == found(*hosts, names=names, host=host)


@pytest.mark.parametrize(
    ("hosts", "fields", "reason", "field"),
    [
        (["app.example.com"], {"secret": {}}, "SecretNotFound", AT),
        (["app.example.com"], {"secret": tls_secret(AUTHORITY.issue("app.example.com"), type_="Opaque")},
         "SecretNotFound", AT),
        (["app.example.com"], {"names": ["other.example.com"]}, "CertificateMismatch", AT),
        (["other.example.com"], {}, "Warning", "spec.tls[0].hosts"),
    ],
)  # fmt: skip
def test_a_certificate_that_cannot_be_shown_is_a_problem_of_the_ingress(hosts, fields, reason, field):
    """Its paths are served as they were; over TLS clients get a certificate of the gateway's own."""
    assert ([], [(reason, field)]) == found(*hosts, **fields)


def test_a_certificate_that_has_ended_is_a_warning():
    """It is shown, for no snapshot depends on time."""
    shown, told = found("app.example.com", now_s=9e9)
    assert ([("app.example.com",)], [("Warning", AT)]) == (shown, told)


def test_a_host_of_another_namespace_gets_no_certificate_of_this_one():
    """The first namespace has the host, whatever a Secret of another says."""
    day = "2026-01-01T00:00:00Z"
    other = service(namespace="other", created=day), route(namespace="other", created=day)
    tls = [{"hosts": ["app.example.com"], "secretName": "app-tls"}]
    site = ingress(tls=tls, created="2026-02-01T00:00:00Z")
    secret = tls_secret(AUTHORITY.issue("app.example.com"))
    assert () == compiled(ingress_class(), *other, site, secret).snapshot.certificates


def test_without_a_secret_the_gateway_s_own_certificates_count():
    """Nothing is published, and nothing is wrong."""
    one = ingress(tls=[{"hosts": ["app.example.com"]}])
    result = compiled(ingress_class(), *kubernetes_service(), one)
    assert ((), ()) == (result.snapshot.certificates, result.problems)
    assert ((), (), 0) == NO_CERTIFICATES
