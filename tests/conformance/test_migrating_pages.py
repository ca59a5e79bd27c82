"""Each page of docs/migrating: its manifest is valid, and takes the tokens that the other gateway took."""

from __future__ import annotations

import time
from typing import Any

import pytest
import yaml

import raw
import tokens
from cases import Token
from migrating_pages import FOLDER, KID, PAGES, manifests_of, served
from strict_validation import assert_valid

JACK = {"secret": "an-example-secret-of-32-bytes-01", "claims": {"key": "user-key"}}
JILL = {"secret": "an-example-secret-of-32-bytes-02", "claims": {"key": "jill-key"}}
KEROUAC = {"algorithm": "RS256", "private_key": "rsa3072", "claims": {"key": "kerouac-key"}}
ALICE = {"secret": "an-example-secret-of-32-bytes-03", "claims": {"iss": "https://alice.example.com", "exp": "now+60"}}
PARTNER = {
    "algorithm": "RS256",
    "private_key": "rsa3072",
    "claims": {"iss": "https://partner.example.com", "exp": "now+60"},
}
USER = {
    "algorithm": "RS256",
    "private_key": "rsa3072",
    "header": {"kid": KID},
    "claims": {
        "iss": "https://login.example.com",
        "aud": "orders",
        "sub": "zoe",
        "scope": "openid orders.read",
        "tenant": {"id": "blue"},
        "exp": "now+60",
    },
}
HOSTS = {"apisix-jwt-auth": "orders", "kong-jwt": "catalogue", "envoy-gateway": "orders"}
BEARER = "Authorization: Bearer {}"

# Every field of the plugin and its credentials, or of the policy.
FIELDS = {
    "apisix-jwt-auth": "key secret base64_secret public_key private_key algorithm exp lifetime_grace_period header"
    " query cookie hide_credentials key_claim_name anonymous_consumer realm store_in_ctx claims_to_verify",
    "kong-jwt": "uri_param_names cookie_names header_names key_claim_name secret_is_base64 claims_to_verify"
    " maximum_expiration anonymous run_on_preflight realm key secret algorithm rsa_public_key consumer tags",
    "envoy-gateway": "name issuer audiences[] remoteJWKS.uri remoteJWKS.backendRefs localJWKS.inline localJWKS.valueRef"
    " claimToHeaders[].header recomputeRoute extractFrom.headers[].name extractFrom.cookies[] extractFrom.params[]"
    " jwt.optional providers parentRefs hostnames rules[].matches[].path rules[].backendRefs rules[].timeouts",
}


def but(recipe: dict[str, Any], **claims: Any) -> dict[str, Any]:
    """The same token with other claims."""
    return recipe | {"claims": recipe["claims"] | claims}


# By page: the target and the field, with the token in place of {}, and the caller's name upstream.
PASSED = [
    ("apisix-jwt-auth", JACK, "/orders/1", BEARER, "jack"),
    ("apisix-jwt-auth", JACK, "/orders/1", "Authorization: {}", "jack"),
    ("apisix-jwt-auth", JACK, "/orders/1?jwt={}", "", "jack"),
    ("apisix-jwt-auth", JACK, "/orders/1", "Cookie: jwt={}", "jack"),
    ("apisix-jwt-auth", JILL, "/orders/1", BEARER, "jill"),
    ("apisix-jwt-auth", KEROUAC, "/orders/1", BEARER, "kerouac"),
    ("kong-jwt", ALICE, "/", BEARER, "alice"),
    ("kong-jwt", ALICE, "/?jwt={}", "", "alice"),
    ("kong-jwt", ALICE, "/", "Cookie: session={}", "alice"),
    ("kong-jwt", PARTNER, "/", BEARER, "partner"),
    ("kong-jwt", ALICE, "/public/a", BEARER, "alice"),
    ("kong-jwt", but(ALICE, exp="now-60"), "/public/a", BEARER, "guest"),
    ("kong-jwt", ALICE, "/public/a", "", "guest"),
    ("envoy-gateway", USER, "/api/a", BEARER, "login:zoe"),
    ("envoy-gateway", USER, "/api/a?access_token={}", "", "login:zoe"),
    ("envoy-gateway", but(USER, exp="now-30"), "/api/a", BEARER, "login:zoe"),
]
INVALID, MISSING = "JWT token invalid", "Missing JWT token in request"
REFUSED = [
    ("apisix-jwt-auth", JACK, "/orders/1", "", 401, MISSING),
    ("apisix-jwt-auth", but(JACK, exp="now-1"), "/orders/1", BEARER, 401, INVALID),
    ("apisix-jwt-auth", but(JACK, key="nobody"), "/orders/1", BEARER, 401, INVALID),
    ("apisix-jwt-auth", JACK | {"secret": "another-secret-of-32-bytes-00000"}, "/orders/1", BEARER, 401, INVALID),
    ("apisix-jwt-auth", JACK | {"algorithm": "HS512"}, "/orders/1", BEARER, 401, INVALID),
    ("apisix-jwt-auth", JACK, "/else", BEARER, 404, None),
    ("kong-jwt", ALICE, "/", "", 401, MISSING),
    ("kong-jwt", but(ALICE, exp="(none)"), "/", BEARER, 401, INVALID),
    ("kong-jwt", but(ALICE, exp="now-1"), "/", BEARER, 401, INVALID),
    ("kong-jwt", but(ALICE, exp="now+90000"), "/", BEARER, 401, INVALID),
    ("kong-jwt", but(ALICE, iss="https://else.example.com"), "/", BEARER, 401, INVALID),
    ("envoy-gateway", USER, "/api/a", "", 401, MISSING),
    ("envoy-gateway", but(USER, aud="else"), "/api/a", BEARER, 401, INVALID),
    ("envoy-gateway", but(USER, iss="https://login.example.com/"), "/api/a", BEARER, 401, INVALID),
    ("envoy-gateway", but(USER, exp="now-90"), "/api/a", BEARER, 401, INVALID),
    ("envoy-gateway", but(USER, scope="openid"), "/api/a", BEARER, 403, None),
    ("envoy-gateway", USER, "/else", BEARER, 404, None),
]


@pytest.fixture(scope="module")
def served_of(module_upstream):
    """What a page serves, before an application of ours."""
    return lambda page: served(page, module_upstream.url)


@pytest.fixture
def ask(gateway_of):
    """Asks with a token of a recipe where the case has it."""

    def ask(page, recipe, target, field):
        token = tokens.mint(Token(**recipe), time.time(), {})
        fields = [field.format(token)] if field else []
        content = raw.request(target.format(token), *fields, host=f"{HOSTS[page]}.example.com")
        return raw.ask(gateway_of(page).listen, content)

    return ask


@pytest.mark.parametrize(("page", "field"), [(page, field) for page in PAGES for field in FIELDS[page].split()])
def test_a_field_of_the_other_gateway_is_on_its_page(page, field):
    """What becomes of it, or that it has no equal, is found by its name."""
    assert f"`{field}`" in (FOLDER / f"{page}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_the_manifest_of_a_page_is_valid(page, tmp_path):
    """`postern validate --strict` finds nothing wrong in it as it stands there, and nothing that never works."""
    (tmp_path / "in.yaml").write_text(yaml.safe_dump_all(manifests_of(page)))
    assert_valid(tmp_path)


@pytest.mark.parametrize("case", PASSED, ids=lambda case: f"{case[0]}-{case[4]}-{case[3] or case[2]}")
def test_a_token_of_the_other_gateway_passes(ask, upstream, case):
    """The application learns the caller's name."""
    *question, name = case
    answer = ask(*question)
    assert 200 == answer.status, answer.message
    assert name == upstream.requests[-1].fields["x-consumer-username"]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: f"{case[0]}-{case[4]}-{case[1]['claims']}")
def test_a_token_that_is_not_good_is_refused(ask, upstream, case):
    """The status and the message are those that the page names."""
    *question, status, message = case
    answer = ask(*question)
    assert (status, []) == (answer.status, upstream.requests)
    assert message in (None, answer.message)


def test_hidden_credentials_are_hidden(ask, upstream):
    """`hide_credentials` of APISIX is `stripCredentials`: the application gets no token."""
    ask("apisix-jwt-auth", JACK, "/orders/1?a=b&jwt={}", "")
    assert "/orders/1?a=b" == upstream.requests[-1].target
    ask("apisix-jwt-auth", JACK, "/orders/1", BEARER)
    assert "authorization" not in upstream.requests[-1].fields


def test_claims_go_on_and_the_prefix_goes(ask, upstream):
    """`claimToHeaders` of Envoy Gateway is `forwardClaims`, and URLRewrite is `rewrite`."""
    ask("envoy-gateway", USER, "/api/a?b", BEARER)
    seen = upstream.requests[-1]
    assert ("/a?b", "zoe", "blue") == (seen.target, seen.fields["x-user"], seen.fields["x-tenant"])


def test_two_tokens_are_refused(ask, upstream):
    """Kong answers that there are several, and a header that comes twice is refused here."""
    answer = ask("kong-jwt", ALICE, "/", "Authorization: Bearer {0}\r\nAuthorization: Bearer {0}")
    assert (401, INVALID, []) == (answer.status, answer.message, upstream.requests)


def test_kong_s_id_of_a_consumer_can_not_be_forged(ask, upstream):
    """Nothing sets `X-Consumer-ID` here, so that an application must not get one from a client."""
    ask("kong-jwt", ALICE, "/", f"{BEARER}\r\nX-Consumer-ID: 1\r\nX_Consumer_Id: 1")
    assert not {"x-consumer-id", "x_consumer_id"} & set(upstream.requests[-1].fields)
