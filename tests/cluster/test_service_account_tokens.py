"""Tokens that a real API server makes for ServiceAccounts, at a gateway with the manifest of docs/providers."""

from __future__ import annotations

import json

import pytest

import raw
from gateway import Local
from provider_pages import manifests_of, one_of, with_issuer, with_keys, with_upstream

AUDIENCE = "https://orders.example.com"


@pytest.fixture
def gateway(kubectl, namespace, upstream, tmp_path):
    """A gateway that takes the tokens of `checkout` of this namespace, by the keys that the API server publishes."""
    kubectl("create", "serviceaccount", "checkout", f"--namespace={namespace}", check=True)
    discovery = json.loads(kubectl("get", "--raw=/.well-known/openid-configuration", check=True).stdout)
    key_set = kubectl("get", "--raw=/openid/v1/jwks", check=True).stdout
    manifests = with_keys(with_issuer(manifests_of("kubernetes"), discovery["issuer"]), key_set)
    one_of(manifests, "Service")["spec"]["auth"]["jwt"]["allow"]["claims"][0]["anyOf"] = [namespace]
    started = Local(tmp_path)
    started.serve(with_upstream(manifests, upstream.url))
    yield started
    started.close()


@pytest.fixture
def token_of(kubectl):
    """`token_of(namespace, account, audience)`: as a volume of a Pod would have it."""

    def token(namespace, account="checkout", audience=AUDIENCE):
        asked = ("create", "token", account, f"--namespace={namespace}", "--duration=10m")
        return kubectl(*asked, *([f"--audience={audience}"] if audience else ()), check=True).stdout.strip()

    return token


def test_a_pod_calls_by_the_token_of_its_account(gateway, upstream, namespace, token_of):
    """Its name upstream is the one that the API server knows it by."""
    assert 200 == ask(gateway, token_of(namespace)).status
    name = f"cluster:system:serviceaccount:{namespace}:checkout"
    assert name == upstream.requests[-1].fields["x-consumer-username"]


def test_tokens_for_others_and_of_others_are_refused(gateway, kubectl, namespace, token_of):
    """The token for the API server itself, and accounts that are not named, also one of that name elsewhere."""
    assert 401 == ask(gateway, token_of(namespace, audience="")).status
    kubectl("create", "serviceaccount", "intruder", f"--namespace={namespace}", check=True)
    assert 403 == ask(gateway, token_of(namespace, "intruder")).status
    elsewhere = f"{namespace}-other"
    kubectl("create", "namespace", elsewhere, check=True)
    kubectl("create", "serviceaccount", "checkout", f"--namespace={elsewhere}", check=True)
    assert 403 == ask(gateway, token_of(elsewhere)).status
    kubectl("delete", "namespace", elsewhere, "--wait=false", check=True)


def ask(gateway, token):
    return raw.ask(gateway.listen, raw.request("/", f"Authorization: Bearer {token}", host="orders.example.com"))
