"""Tokens that a real Keycloak has made, at the gateway that has its realms' keys in ConfigMaps."""

from __future__ import annotations

import jwt
import pytest

import raw
from keycloak.manifests import issuer, key_set, shop
from manifests import manifest
from provider_pages import manifests_of, with_issuer, with_keys, with_upstream


def ask(gateway, token, path="/", host="app.example.com"):
    return raw.ask(gateway.listen, raw.request(path, f"Authorization: Bearer {token}", host=host))


def statuses(gateway, *tokens):
    return [ask(gateway, token).status for token in tokens]


@pytest.fixture
def serve(gateway, upstream, realm):
    """Serves the realm's tokens by a policy; returns the gateway."""

    def serve(*more, **policy):
        upstream.forget()
        gateway.serve([*shop(upstream.port, **policy), issuer(realm), key_set(realm.jwks()), *more])
        return gateway

    return serve


def test_a_person_passes_by_a_password(serve, realm, upstream):
    """The application learns the name and the roles that the realm gives, each behind the issuer's name."""
    assert 200 == ask(serve(), realm.tokens_of("zoe")["access_token"]).status
    seen = upstream.requests[-1].fields
    assert "keycloak:zoe" == seen["x-consumer-username"]
    assert "keycloak:admin" in seen["x-consumer-groups"].split(",")
    assert "keycloak" == seen["x-credential-identifier"]


def test_a_service_passes_by_its_own_secret(serve, realm, upstream):
    """Its name is that of the user that Keycloak has for it, and its roles are that user's."""
    assert 200 == ask(serve(), realm.token_of_worker()).status
    seen = upstream.requests[-1].fields
    assert "keycloak:service-account-shop-worker" == seen["x-consumer-username"]
    assert "keycloak:staff" in seen["x-consumer-groups"].split(",")


@pytest.mark.parametrize(
    "allow",
    [
        {"groups": ["keycloak:admin"]},
        {"claims": [{"path": ["realm_access", "roles"], "anyOf": ["admin"]}]},
        {"claims": [{"name": "groups", "anyOf": ["/buyers"]}]},
        {"claims": [{"name": "azp", "anyOf": ["shop-frontend"]}, {"name": "email_verified", "anyOf": [True]}]},
    ],
    ids=["groups", "roles", "groups-of-people", "client-and-address"],
)
def test_only_who_is_allowed_passes(serve, realm, allow):
    """By the roles or the groups of the realm, or by any claim; others are known and get 403."""
    tokens = realm.tokens_of("zoe")["access_token"], realm.token_of_worker()
    assert [200, 403] == statuses(serve(allow=allow), *tokens)


def test_the_name_of_a_consumer_is_not_to_be_had_from_a_realm(serve, realm):
    """A realm's user that is called as a Consumer is not that Consumer."""
    token = realm.tokens_of("zoe")["access_token"]
    assert [403] == statuses(serve(manifest("Consumer", "zoe", {}), allow={"consumers": ["zoe"]}), token)


def test_a_token_for_another_api_is_refused(serve, realm):
    """A client without the audience mapper gets tokens for `account`, which are not for us."""
    gateway = serve()
    answer = ask(gateway, realm.tokens_of("max", client_id="newsletter")["access_token"])
    assert (401, 'Bearer realm="postern", error="invalid_token"') == (answer.status, answer.value("WWW-Authenticate"))
    gateway.until_metric(1, "postern_denials_total", reason="wrong_audience")


def test_a_role_of_a_client_is_an_audience(serve, realm):
    """Keycloak names each client of which a person has a role, in the tokens of every client: docs/providers warns."""
    assert [200] == statuses(serve(), realm.tokens_of("zoe", client_id="newsletter")["access_token"])
    allow = {"claims": [{"name": "azp", "anyOf": ["shop-frontend", "shop-worker"]}]}
    tokens = [realm.tokens_of("zoe", client_id=it)["access_token"] for it in ("newsletter", "shop-frontend")]
    assert [403, 200] == statuses(serve(allow=allow), *tokens)


def test_only_access_tokens_pass(serve, realm):
    """An ID token is for the client, and a refresh token is signed with a secret of the realm's own."""
    tokens = realm.tokens_of("zoe")
    assert [401, 401] == statuses(serve(), tokens["id_token"], tokens["refresh_token"])


def test_the_clients_of_a_realm_may_be_consumers(gateway, upstream, realm):
    """A client that a JWTCredential binds is its Consumer, with the Consumer's groups, and any other is refused."""
    bound = {"consumerRef": {"name": "worker"}, "issuerRef": {"name": "keycloak"}, "key": "shop-worker"}
    consumer = [manifest("Consumer", "worker", {"groups": ["batch"]}), manifest("JWTCredential", "worker", bound)]
    gateway.serve([*shop(upstream.port), issuer(realm, callers={"claim": ["azp"]}), key_set(realm.jwks()), *consumer])
    assert [200, 401] == statuses(gateway, realm.token_of_worker(), realm.tokens_of("zoe")["access_token"])
    seen = upstream.requests[-1].fields
    assert ("worker", "batch") == (seen["x-consumer-username"], seen["x-consumer-groups"])


def test_access_tokens_may_have_a_type_of_their_own(gateway, upstream, realm):
    """A client for which the realm marks them, and an issuer that asks for the mark; without it no token has one."""
    gateway.serve([*shop(upstream.port), issuer(realm, requireType=["at+jwt"]), key_set(realm.jwks())])
    tokens = [realm.tokens_of("zoe", it) for it in ("typed", "shop-frontend")]
    assert [200, 401] == statuses(gateway, *(it["access_token"] for it in tokens))
    headers = [jwt.get_unverified_header(tokens[1][it]) for it in ("access_token", "id_token")]
    assert ["JWT", "JWT"] == [header["typ"] for header in headers]


def test_each_realm_has_its_own_tokens(serve, realm, new_realm, gateway, upstream):
    """Another realm of the same Keycloak is another issuer, by keys of its own, and a stranger until it is named."""
    other = new_realm()
    ours, theirs = realm.tokens_of("zoe")["access_token"], other.tokens_of("zoe")["access_token"]
    assert [200, 401] == statuses(serve(), ours, theirs)
    gateway.until_metric(1, "postern_denials_total", reason="wrong_issuer")

    both = {"tokenIssuers": [{"name": "keycloak"}, {"name": "other"}]}
    serve(issuer(other, "other"), key_set(other.jwks(), "other"), **both)
    assert [200, 200] == statuses(gateway, ours, theirs)
    assert "other:zoe" == upstream.requests[-1].fields["x-consumer-username"]

    # With the keys exchanged no token is anybody's.
    gateway.serve([*shop(upstream.port, **both), issuer(realm), issuer(other, "other"),
                   key_set(other.jwks()), key_set(realm.jwks(), "other")])  # fmt: skip
    assert [401, 401] == statuses(gateway, ours, theirs)


def test_a_rotation_with_overlap_refuses_none(gateway, upstream, new_realm):
    """Tokens by the old key and by the new one pass, until the old key is disabled and its set is here."""
    realm = new_realm()
    rest = [*shop(upstream.port), issuer(realm)]
    old, old_kid = realm.tokens_of("zoe")["access_token"], realm.signing_kid()
    realm.add_key(priority=200)
    new = realm.tokens_of("zoe")["access_token"]
    gateway.serve([*rest, key_set(realm.jwks())])
    assert [200, 200] == statuses(gateway, old, new)

    realm.disable_key(old_kid)
    gateway.serve([*rest, key_set(realm.jwks())])
    assert [401, 200] == statuses(gateway, old, new)
    gateway.until_metric(1, "postern_denials_total", reason="unknown_kid")


def test_the_manifest_of_the_page_takes_the_tokens_of_a_real_realm(gateway, upstream, realm):
    """What docs/providers says of roles, client roles and a confirmed address is what Keycloak writes."""
    manifests = with_keys(with_issuer(manifests_of("keycloak"), realm.issuer), realm.jwks())
    gateway.serve(with_upstream(manifests, upstream.url))
    upstream.forget()
    person, service = realm.tokens_of("zoe")["access_token"], realm.token_of_worker()
    answers = [ask(gateway, it, path, "orders.example.com") for it in (person, service) for path in ("/", "/drafts")]
    assert [200, 200, 200, 403] == [answer.status for answer in answers]
    of_person = upstream.requests[0].fields
    assert ("zoe", "Zo%C3%AB%20Example") == (of_person["x-user"], of_person["x-name"])
