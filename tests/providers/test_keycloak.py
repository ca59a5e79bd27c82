"""Tokens that a real Keycloak has made, at a gateway that has its realms' keys in ConfigMaps, or fetches them."""

from __future__ import annotations

import time

import jwt
import pytest

import raw
from gateway import Local
from keycloak.manifests import PLAIN, discovering, issuer, key_set, shop
from load import PAUSE_S, Load
from manifests import manifest
from provider_pages import manifests_of, with_issuer, with_keys, with_upstream

# However many tokens name unknown keys, fetches of one source are no closer together.
FETCHES_APART_S = 30


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


class Discovering:
    """A gateway that discovers the keys of a realm, since when it has them, and a token that is good now."""

    def __init__(self, folder, port, realm):
        self.folder, self.realm = folder, realm
        self.token = realm.token_of_worker()
        self.gateway = Local(folder)
        self.gateway.serve([*shop(port), discovering(realm)])
        raw.until(lambda: self.status() == 200, "the keys to be fetched")
        self.since = time.monotonic()

    def status(self):
        return ask(self.gateway, self.token).status

    def renew(self):
        """Get another token, by the key that signs now."""
        self.token = self.realm.token_of_worker()
        return jwt.get_unverified_header(self.token)["kid"]

    def restart(self):
        self.gateway.close()
        self.gateway = Local(self.folder)


@pytest.fixture(scope="module")
def discovered(tmp_path_factory, new_realm, upstream):
    """One gateway and a realm of its own, with a key that does not sign yet; what tests change stays usable."""
    realm = new_realm()
    realm.add_key(priority=50)
    started = Discovering(tmp_path_factory.mktemp("discovering"), upstream.port, realm)
    yield started
    started.gateway.close()


@pytest.mark.parametrize("is_discovered", [True, False], ids=["discovery", "url"])
def test_keys_are_fetched_from_the_realm(gateway, upstream, realm, is_discovered):
    """The issuer is enough to find them, and so is their own URL."""
    url = f"{realm.issuer}/protocol/openid-connect/certs"
    fetched = discovering(realm) if is_discovered else issuer(realm, keys={"url": url}, fetch=PLAIN)
    token, stranger = realm.tokens_of("zoe")["access_token"], realm.tokens_of("max", "newsletter")["access_token"]
    gateway.serve([*shop(upstream.port), fetched])
    raw.until(lambda: [200, 401] == statuses(gateway, token, stranger), "the keys to be fetched")


def test_a_realm_by_another_host_is_another_issuer(gateway, upstream, realm):
    """A Keycloak whose hostname is not set names itself as it was called, and that is not the issuer of the tokens."""
    url = f"{realm.issuer.replace('127.0.0.1', 'localhost')}/.well-known/openid-configuration"
    gateway.serve([*shop(upstream.port), discovering(realm, url=url)])
    raw.until(lambda: "IssuerMismatch" in gateway.said(), "the condition")
    assert [503] == statuses(gateway, realm.token_of_worker())


def test_a_rotation_refuses_none_where_the_new_key_was_published_before(discovered, say):
    """A key that is in the set before it signs is known by then, and calls go on all the while."""
    realm, old = discovered.realm, discovered.realm.signing_kid()
    (new,) = realm.kids() - {old}
    with Load(discovered.status) as load:
        realm.prefer_key(new, priority=300)
        assert new == discovered.renew()
        raw.until(lambda: load.asked > 50, "some calls")
    say(f"rotation with overlap: {load.asked} calls, {len(load.failed)} refused")
    assert [] == load.failed


def test_a_rotation_without_overlap_is_over_in_seconds(discovered, say):
    """Tokens by a key that was never published pass soon after the first of them was refused, and the old ones end."""
    realm, old, old_token = discovered.realm, discovered.realm.kids(), discovered.token
    time.sleep(max(0.0, discovered.since + FETCHES_APART_S - time.monotonic()))
    realm.add_key(priority=500)
    for kid in old:
        realm.disable_key(kid)
    assert discovered.renew() not in old
    began, refused = time.monotonic(), 0
    while (status := discovered.status()) != 200:
        # A refresh that was due just before the rotation would put the next fetch off.
        assert (401, True) == (status, time.monotonic() - began < FETCHES_APART_S + raw.PATIENCE_S)
        refused += 1
        time.sleep(PAUSE_S)
    say(f"rotation without overlap: {refused} calls refused in {time.monotonic() - began:.1f} s")
    assert [401] == statuses(discovered.gateway, old_token)


def test_a_keycloak_that_is_down_changes_nothing(discovered, keycloak, gateway, upstream, say):
    """Its tokens pass while it is stopped, also at a gateway that starts again; a new gateway has none of its keys."""
    discovered.renew()
    keycloak.stop()
    try:
        with Load(discovered.status) as load:
            raw.until(lambda: load.asked > 20, "some calls")
        discovered.restart()
        assert 200 == discovered.status()
        gateway.serve([*shop(upstream.port), discovering(discovered.realm)])
        assert [503] == statuses(gateway, discovered.token)
    finally:
        with Load(discovered.status) as while_starting:
            keycloak.start()
    say(f"Keycloak stopped and started: {load.asked + while_starting.asked} calls")
    assert [] == load.failed + while_starting.failed
    raw.until(lambda: [200] == statuses(gateway, discovered.token), "the new gateway to have the keys", patience_s=60)
