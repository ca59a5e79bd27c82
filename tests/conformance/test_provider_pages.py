"""Each page of docs/providers: its manifest is valid, and takes tokens of the shape that the page describes."""

from __future__ import annotations

import time

import pytest
import yaml

import raw
import tokens
from cases import Token
from provider_pages import PAGES, key_set_of_ours, manifests_of, one_of, with_keys, with_upstream
from strict_validation import assert_valid

NONE = "(none)"
ANOTHER = {"iss": "https://elsewhere.example.com"}

# By page: the path, what the token's claims are instead, and the name upstream, or the status of the refusal.
PASSED = [
    ("keycloak", "/", {}, "keycloak:5e1f3a52-7d2b-4c38-9a53-3c1c8d0b6f11"),
    ("keycloak", "/drafts", {}, "keycloak:5e1f3a52-7d2b-4c38-9a53-3c1c8d0b6f11"),
    ("entra-id", "/", {}, "entra:690222be-ff1a-4d56-abd1-7e4f7d38e474"),
    ("entra-id", "/approvals", {"scp": NONE}, "entra:690222be-ff1a-4d56-abd1-7e4f7d38e474"),
    ("auth0", "/", {}, "auth0:auth0|65f0a1b2c3d4e5f6a7b8c9d0"),
    ("auth0", "/", {"sub": "my1kXQ3TzGmJpCc@clients", "gty": "client-credentials"}, "auth0:my1kXQ3TzGmJpCc@clients"),
    ("auth0", "/drafts", {"permissions": NONE}, "auth0:auth0|65f0a1b2c3d4e5f6a7b8c9d0"),
    ("okta", "/", {}, "okta:zoe@example.com"),
    ("okta", "/", {"sub": "0oa1vqpqkzC3xYx4E5d7", "uid": NONE, "groups": NONE}, "okta:0oa1vqpqkzC3xYx4E5d7"),
    ("okta", "/drafts", {}, "okta:zoe@example.com"),
    ("dex", "/", {}, "dex:CgcyMzQyNzQ5EgZnaXRodWI"),
    ("dex", "/", {"aud": ["shop-cli", "other"], "azp": "other"}, "dex:CgcyMzQyNzQ5EgZnaXRodWI"),
    ("kubernetes", "/", {}, "cluster:system:serviceaccount:shop:checkout"),
    ("mcp", "/mcp", {}, "login:5e1f3a52-7d2b-4c38-9a53-3c1c8d0b6f11"),
]
REFUSED = [
    # An ID token, a token without the mapper, one without the roles, and one of a service where people are asked for.
    ("keycloak", "/", {"aud": "shop-frontend", "typ": "ID"}, 401),
    ("keycloak", "/", {"aud": "account"}, 401),
    ("keycloak", "/", {"realm_access": {"roles": ["offline_access"]}}, 403),
    ("keycloak", "/drafts", {"email_verified": NONE}, 403),
    # Version 1.0, another tenant, an application without a scope, and a user without the role.
    ("entra-id", "/", {"iss": "https://sts.windows.net/72f988bf-86f1-41af-91ab-2d7cd011db47/"}, 401),
    ("entra-id", "/", {"iss": "https://login.microsoftonline.com/1b2c3d4e-0000-4000-8000-000000000000/v2.0"}, 401),
    ("entra-id", "/", {"aud": "00000003-0000-0000-c000-000000000000"}, 401),
    ("entra-id", "/", {"scp": NONE}, 403),
    ("entra-id", "/approvals", {"roles": NONE}, 403),
    # The issuer without its slash, an ID token, and a user without the permission.
    ("auth0", "/", {"iss": "https://shop-example.eu.auth0.com"}, 401),
    ("auth0", "/", {"aud": "my1kXQ3TzGmJpCcS7vHnR6zGDR6zK"}, 401),
    ("auth0", "/", {"permissions": ["write:orders"]}, 403),
    ("auth0", "/drafts", {"https://shop.example.com/roles": NONE}, 403),
    # A token of the organisation's own server, an ID token, no scope, and one group of two words as two.
    ("okta", "/", {"iss": "https://example.okta.com"}, 401),
    ("okta", "/", {"aud": "0oa1vqpqkzC3xYx4E5d7"}, 401),
    ("okta", "/", {"scp": ["openid"]}, 403),
    ("okta", "/drafts", {"groups": ["Order", "Admins"]}, 403),
    # Another client, another connector with a group of that name, and no group.
    ("dex", "/", {"aud": "dashboard"}, 401),
    ("dex", "/", {"federated_claims": {"connector_id": "ldap", "user_id": "1"}}, 403),
    ("dex", "/", {"groups": ["platform"]}, 403),
    # The token for the API server, one of a Secret, one that lives for a year, and an account of another namespace.
    ("kubernetes", "/", {"aud": ["https://kubernetes.default.svc.cluster.local"]}, 401),
    ("kubernetes", "/", {"iss": "kubernetes/serviceaccount", "aud": NONE, "exp": NONE}, 401),
    ("kubernetes", "/", {"exp": "now+31536000"}, 401),
    ("kubernetes", "/", {"kubernetes.io": {"namespace": "evil", "serviceaccount": {"name": "checkout"}}}, 403),
    # A token for another server, and one whose agent was granted too little.
    ("mcp", "/mcp", {"aud": "https://other.example.com/mcp"}, 401),
    ("mcp", "/mcp", {"scope": "openid"}, 403),
    *((page, "/mcp" if page == "mcp" else "/", ANOTHER, 401) for page in PAGES),
]


@pytest.fixture(scope="module")
def served_of(module_upstream):
    """What a page serves, with keys and before an application of ours."""

    def served(page):
        return with_upstream(with_keys(manifests_of(page), key_set_of_ours(page)), module_upstream.url)

    return served


@pytest.fixture
def ask(gateway_of):
    """Asks as the page's clients do, with a token that has these claims instead."""

    def ask(page, path, claims, **token):
        recipe = Token(like=page, claims=claims, algorithm="RS256", private_key="rsa3072", **token)
        service = one_of(manifests_of(page), "Service")
        fields = f"Authorization: Bearer {tokens.mint(recipe, time.time(), {})}"
        return raw.ask(gateway_of(page).listen, raw.request(path, fields, host=service["spec"]["hosts"][0]))

    return ask


@pytest.mark.parametrize("page", PAGES)
def test_the_manifest_of_a_page_is_valid(page, tmp_path):
    """`postern validate --strict` finds nothing wrong in it as it stands there, and nothing that never works."""
    (tmp_path / "in.yaml").write_text(yaml.safe_dump_all(manifests_of(page)))
    assert_valid(tmp_path)


@pytest.mark.parametrize("case", PASSED, ids=str)
def test_a_token_of_the_provider_passes(ask, upstream, case):
    """The application learns the caller's name, behind the issuer's."""
    page, path, claims, name = case
    answer = ask(page, path, claims)
    assert 200 == answer.status, answer.message
    assert name == upstream.requests[-1].fields["x-consumer-username"]


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_a_token_that_is_not_meant_is_refused(ask, upstream, case):
    """401 for tokens that are for others or of others, and 403 for those without the right."""
    page, path, claims, status = case
    assert status == ask(page, path, claims).status
    assert [] == upstream.requests


def test_the_type_of_an_access_token_is_asked_for(ask):
    """An MCP server takes no ID token, whatever its audience."""
    assert [200, 401] == [ask("mcp", "/mcp", {}, header={"typ": typ}).status for typ in ("AT+JWT", "JWT")]


def test_the_mcp_server_never_sees_the_token(ask, upstream):
    """The specification forbids to pass it on, and what is not there can't be."""
    assert 200 == ask("mcp", "/mcp", {}).status
    assert "authorization" not in upstream.requests[-1].fields


def test_each_page_is_tried():
    """A page without a token that passes and one that is refused would only be prose."""
    assert PAGES == sorted({case[0] for case in PASSED}) == sorted({case[0] for case in REFUSED})
