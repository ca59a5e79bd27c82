"""The origin by which a client knows the gateway."""

from __future__ import annotations

import msgspec
import pytest

from heads import head, table
from manifests import route, service
from postern_dataplane.decision.request_origin import request_origin
from postern_dataplane.request.target import Target

TABLE = table(service(), route(), trusted=("10.0.0.0/8",))


def origin(*fields, peer="10.0.0.1", is_tls=False, authority="a.example:8443"):
    """The origin of a request that comes from this address."""
    request = msgspec.structs.replace(head("/", *fields), peer=peer, is_tls=is_tls)
    target = Target("a.example", authority, "/", None, has_encoded_slash=False)
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


def test_a_request_without_a_host_has_none():
    """HTTP/1.0 needs none, and a URL without a host is no URL."""
    assert "" == origin(authority="")
