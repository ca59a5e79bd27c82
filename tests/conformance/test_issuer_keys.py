"""Keys of an identity provider in local mode, from its URL to the answers of the gateway."""

from __future__ import annotations

import json
import time
from contextlib import closing

import jwt
import pytest

import manifests
import raw
from fake_provider import DISCOVERY, JWKS, jwk, provider_in_a_thread, signing_key
from gateway import Local, open_to

ISSUER = "https://login.example.com"
# From the first refused token to the first that passes, on a machine that is busy with other tests.
ROTATED_S = 10.0
STRANGERS = 300


@pytest.fixture
def provider():
    with provider_in_a_thread() as provider:
        document = {"issuer": ISSUER, "jwks_uri": provider.origin + JWKS}
        provider.serve(DISCOVERY, json.dumps(document).encode())
        yield provider


@pytest.fixture
def served(provider, module_upstream):
    """A Service for the tokens of the provider."""
    service, route = open_to(module_upstream.address)
    service["spec"]["auth"] = {"jwt": {"tokenIssuers": [{"name": "idp"}]}}
    keys = {"discovery": {"url": provider.origin + DISCOVERY}}
    return [service, route, manifests.token_issuer(keys=keys, fetch={"insecure": True})]


def status(gateway, key, kid="one"):
    """What a token with this kid gets."""
    token = jwt.encode({"iss": ISSUER, "sub": "alice"}, key, "ES256", headers={"kid": kid})
    return raw.ask(gateway.listen, raw.request("/", f"Authorization: Bearer {token}")).status


def until(gateway, expected, key, kid="one"):
    """Wait for an answer to a token; returns how long that was in seconds."""
    began = time.monotonic()
    raw.until(lambda: status(gateway, key, kid) == expected, f"{expected} for {kid}")
    return time.monotonic() - began


def test_a_provider_that_is_down_at_the_start_is_asked_until_it_is_up(provider, served, tmp_path):
    """Its tokens get 503 until then; a restart without it goes on with its last good keys."""
    key = signing_key()
    with closing(Local(tmp_path)) as gateway:
        gateway.serve(served)
        assert 503 == status(gateway, key)
        provider.publish(jwk(key, "one"))
        until(gateway, 200, key)
        assert 401 == status(gateway, signing_key())
        raw.until(lambda: list(gateway.manifests.glob(".postern/jwks/*")), "the keys to be kept")
    provider.answers.clear()
    with closing(Local(tmp_path)) as gateway:
        assert 200 == status(gateway, key)


def test_a_rotation_without_overlap_is_over_with_one_fetch(provider, served, tmp_path):
    """The first refused token leads to it, and tokens of strangers to none within 30 s."""
    old, new = signing_key(), signing_key()
    provider.publish(jwk(old, "one"))
    with closing(Local(tmp_path)) as gateway:
        gateway.serve(served)
        until(gateway, 200, old)
        raw.until(lambda: list(gateway.manifests.glob(".postern/jwks/*")), "the keys to be kept")
    # The keys of the earlier run are fresh, so that nothing is fetched at the start.
    asked = provider.asked[JWKS]
    provider.publish(jwk(new, "two"))
    with closing(Local(tmp_path)) as gateway:
        assert (200, asked) == (status(gateway, old), provider.asked[JWKS])
        assert 401 == status(gateway, new, "two")
        assert until(gateway, 200, new, "two") < ROTATED_S
        assert 401 == status(gateway, old)
        assert {401} == {status(gateway, new, f"stranger-{number}") for number in range(STRANGERS)}
        hints = "postern_unknown_key_hints_total"
        raw.until(lambda: gateway.metric(hints, issuer="TokenIssuer/default/idp") >= STRANGERS, "all hints")
        time.sleep(2)
        assert asked + 1 == provider.asked[JWKS]
