"""The origin by which a client knows the gateway."""

from __future__ import annotations

import msgspec
import pytest

from heads import head, table
from manifests import route, service
from postern_dataplane.decision.request_origin import request_origin
from postern_dataplane.request.target import Target, compared_host

TABLE = table(service(), route(), trusted=("10.0.0.0/8",))


def origin(*fields, peer="10.0.0.1", is_tls=False, authority="a.example:8443", host="a.example"):
    """The origin of a request that comes from this address."""
    request = msgspec.structs.replace(head("/", *fields), peer=peer, is_tls=is_tls)
    target = Target(host, authority, "/", None, has_encoded_slash=False)
    return request_origin(request, target, TABLE)


@pytest.mark.parametrize(("is_tls", "scheme"), [(False, "http"), (True, "https")])
def test_it_is_the_scheme_and_the_authority_of_the_request(is_tls, scheme):
    """The port stays, for it is a part of the origin."""
    assert f"{scheme}://a.example:8443" == origin(is_tls=is_tls)


@pytest.mark.parametrize(
    ("said", "peer", "scheme"),
    [
        ("https", "10.0.0.1", "https"),
        ("HTTPS, http", "10.0.0.1", "https"),
        ("https", "192.0.2.1", "http"),
        ("ftp", "10.0.0.1", "http"),
        ("", "10.0.0.1", "http"),
    ],
)
def test_only_a_trusted_proxy_says_another_scheme(said, peer, scheme):
    """Anyone else could have the gateway publish a URL without TLS, or one with it that does not answer."""
    assert f"{scheme}://a.example:8443" == origin(("X-Forwarded-Proto", said), peer=peer)


@pytest.mark.parametrize(
    ("authority", "is_tls", "written"),
    [
        ("A.Example", False, "http://a.example"),
        ("a.example.:08443", True, "https://a.example:8443"),
        ("a.example:443", True, "https://a.example"),
        ("a.example:80", False, "http://a.example"),
        ("a.example:80", True, "https://a.example:80"),
        ("a.example:", False, "http://a.example"),
        ("[FE80::1]", False, "http://[fe80::1]"),
        ("[FE80::1]:81", False, "http://[fe80::1]:81"),
    ],
)
def test_it_is_written_as_urls_are_compared(authority, is_tls, written):
    """A shared cache that folds the spellings of a host must not serve one client's to others."""
    assert written == origin(authority=authority, is_tls=is_tls, host=compared_host(authority))


def test_a_request_without_a_host_has_none():
    """HTTP/1.0 needs none, and a URL without a host is no URL."""
    assert "" == origin(authority="")
