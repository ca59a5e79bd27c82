"""The metadata of a protected resource as a client of MCP asks for it, byte by byte."""

from __future__ import annotations

import json

import pytest

import raw
from gateway import DataPlane
from manifests import manifest, route, service

PATH = "/.well-known/oauth-protected-resource/mcp"
ISSUER = manifest(
    "TokenIssuer",
    "idp",
    {
        "issuer": "https://idp.example.com",
        "keys": {"ref": {"name": "jwks", "key": "jwks.json"}},
        "anyAudience": True,
        "callers": {"anyone": {}},
    },
)


@pytest.fixture(scope="module")
def gateway(start_gateway, module_upstream):
    """A gateway with a Service that publishes where its tokens are made."""
    url = "http://{}:{}".format(*module_upstream.address)
    auth = {"jwt": {"tokenIssuers": [{"name": "idp"}], "protectedResource": {"scopes": ["read"]}}}
    cors = {"allowOrigins": ["*"], "allowHeaders": ["Authorization", "Mcp-Protocol-Version"]}
    mcp = service("mcp", pathPrefix="/mcp", upstream={"url": url}, auth=auth, cors=cors)
    return start_gateway([ISSUER, mcp, route("mcp", serviceRef={"name": "mcp"})])


def test_the_challenge_leads_to_the_document(gateway, upstream):
    """What a client does first: it calls without a token, and asks for what the challenge names."""
    refused = raw.ask(gateway.listen, raw.request("/mcp"))
    challenge = refused.value("WWW-Authenticate") or ""
    url = challenge.partition('resource_metadata="')[2].partition('"')[0]
    assert (401, f"http://app.example.com{PATH}") == (refused.status, url)

    answer = raw.ask(gateway.listen, raw.request(PATH))
    assert (200, "application/json", "private, max-age=300") == (
        answer.status, answer.value("Content-Type"), answer.value("Cache-Control"),
    )  # fmt: skip
    document = json.loads(answer.body)
    assert ("http://app.example.com/mcp", ["https://idp.example.com"]) == (
        document["resource"], document["authorization_servers"],
    )  # fmt: skip
    assert [] == upstream.requests


def test_head_has_the_length_and_no_body(gateway):
    """RFC 9110, section 9.3.2; the connection is used again."""
    with raw.Client(gateway.listen) as client:
        whole = client.ask(raw.request(PATH))
        for _ in range(3):
            empty = client.ask(raw.request(PATH, method="HEAD"), method="HEAD")
            assert (200, b"", str(len(whole.body))) == (empty.status, empty.body, empty.value("Content-Length"))


def test_a_page_may_read_it_as_the_service_s_cors_says(gateway):
    """An inspector in a browser asks with a header of its own, so that there is a preflight."""
    fields = ["Origin: https://inspector.example", "Access-Control-Request-Method: GET"]
    announced = "Access-Control-Request-Headers: mcp-protocol-version"
    allowed = raw.ask(gateway.listen, raw.request(PATH, *fields, announced, method="OPTIONS"), method="OPTIONS")
    assert (204, "*") == (allowed.status, allowed.value("Access-Control-Allow-Origin"))
    answer = raw.ask(gateway.listen, raw.request(PATH, fields[0]))
    assert (200, "*") == (answer.status, answer.value("Access-Control-Allow-Origin"))


@pytest.mark.parametrize("host", ["a.example.com", "b.example.com"])
def test_each_client_gets_its_own_host(start_gateway, module_upstream, host):
    """What is remembered of one client's request is never another one's answer."""
    url = "http://{}:{}".format(*module_upstream.address)
    auth = {"jwt": {"tokenIssuers": [{"name": "idp"}], "protectedResource": {}}}
    everywhere = service("mcp", hosts=[], upstream={"url": url}, auth=auth)
    gateway = start_gateway([ISSUER, everywhere, route("mcp", serviceRef={"name": "mcp"})], kind=DataPlane)
    path = "/.well-known/oauth-protected-resource"
    for _ in range(3):
        for asked in (host, "other.example.com"):
            answer = raw.ask(gateway.listen, raw.request(path, host=asked))
            assert f"http://{asked}" == json.loads(answer.body)["resource"]


def test_asking_for_it_is_limited(start_gateway, module_upstream):
    """A document that anybody may have is counted by the address of who asks."""
    url = "http://{}:{}".format(*module_upstream.address)
    auth = {"jwt": {"tokenIssuers": [{"name": "idp"}], "protectedResource": {}}}
    limits = [{"by": "Client", "requests": 3, "per": "24h"}, {"by": "Consumer", "requests": 1, "per": "24h"}]
    mcp = service("mcp", pathPrefix="/mcp", upstream={"url": url}, auth=auth, rateLimit=limits)
    gateway = start_gateway([ISSUER, mcp, route("mcp", serviceRef={"name": "mcp"})], kind=DataPlane)
    with raw.Client(gateway.listen) as client:
        assert [200, 200, 200, 429] == [client.ask(raw.request(PATH)).status for _ in range(4)]
