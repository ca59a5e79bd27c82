"""Access tokens as RFC 9068 has them, for the resource that was asked for, from a certified authorization server."""

from __future__ import annotations

import pytest

import raw
from manifests import manifest, route, service
from not_installed import NotInstalled
from oidc_provider import OidcProvider
from provider_pages import manifests_of, one_of, with_issuer, with_keys, with_upstream

MCP = "https://mcp.example.com/mcp"


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    """A server that serves."""
    try:
        server = OidcProvider(tmp_path_factory.mktemp("oidc-provider"))
    except NotInstalled as missing:
        pytest.skip(f"needs {missing}")
    try:
        server.start()
        yield server
    finally:
        server.stop()


def ask(gateway, token, path="/mcp", host="mcp.example.com"):
    return raw.ask(gateway.listen, raw.request(path, f"Authorization: Bearer {token}", host=host))


def test_an_agent_calls_an_mcp_server_by_the_manifest_of_the_page(gateway, upstream, provider):
    """Its token is for that server alone, has the type and the scope that are asked for, and ends at the gateway."""
    manifests = with_keys(with_issuer(manifests_of("mcp"), provider.issuer), provider.jwks())
    gateway.serve(with_upstream(manifests, upstream.url))
    assert 200 == ask(gateway, provider.token(MCP, "tools.read tools.write")).status
    seen = upstream.requests[-1].fields
    assert ("login:agent", "login:tools.read,login:tools.write") == (
        seen["x-consumer-username"],
        seen["x-consumer-groups"],
    )
    assert "authorization" not in seen
    assert 403 == ask(gateway, provider.token(MCP, "tools.write")).status
    assert 401 == ask(gateway, provider.token("https://other.example.com/mcp", "tools.read")).status
    gateway.until_metric(1, "postern_denials_total", reason="wrong_audience")


def test_a_set_of_keys_of_all_kinds_verifies_each_by_its_own(gateway, upstream, provider):
    """One key for each algorithm, which the set names, and tokens by all of them."""
    resources = [f"https://mcp.example.com/{it}" for it in ("mcp", "eddsa", "rs256", "ps256")]
    issuer = one_of(with_issuer(manifests_of("mcp"), provider.issuer), "TokenIssuer")
    spec = issuer["spec"] | {"audiences": resources, "algorithms": ["RS256", "PS256", "ES256", "EdDSA"]}
    by_it = {"jwt": {"tokenIssuers": [{"name": "login"}]}}
    served = [service(upstream={"url": upstream.url}, auth=by_it), route(), manifest("TokenIssuer", "login", spec)]
    gateway.serve(with_keys(served, provider.jwks()))
    tokens = [provider.token(resource, "tools.read") for resource in resources]
    assert [200] * 4 == [ask(gateway, token, "/", "app.example.com").status for token in tokens]


def test_the_keys_of_all_kinds_are_discovered(gateway, upstream, provider):
    """Its discovery document leads to them, as that of every certified server does."""
    manifests = with_upstream(with_issuer(manifests_of("mcp"), provider.issuer), upstream.url)
    one_of(manifests, "TokenIssuer")["spec"]["fetch"] = {"insecure": True}
    token = provider.token(MCP, "tools.read")
    gateway.serve(manifests)
    raw.until(lambda: ask(gateway, token).status == 200, "the keys to be fetched")
    assert 401 == ask(gateway, provider.token("https://other.example.com/mcp", "tools.read")).status
