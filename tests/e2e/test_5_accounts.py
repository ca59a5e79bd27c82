"""Pods that call an API through the gateway by the tokens of their ServiceAccounts, before TLS sends them elsewhere."""

from __future__ import annotations

import json

from in_cluster import GATEWAY, OPERATOR_NAMESPACE, ROOT

ACCOUNTS = ROOT / "tests" / "e2e" / "manifests" / "accounts.yaml"
URL = f"{GATEWAY}/orders/headers"
TOKEN = "/var/run/secrets/orders/token"


def test_a_pod_calls_by_its_projected_token(cluster, walkthrough):
    """The kubelet has written it, and the operator has the keys from the API server itself."""
    cluster.apply(ACCOUNTS)
    cluster.wait_ready("tokenissuers", "services", "routes")
    answer = cluster.ask(URL, token_file=TOKEN)
    assert answer.status == 200, answer
    name = "cluster:system:serviceaccount:demo:default"
    assert name == json.loads(answer.body)["headers"]["X-Consumer-Username"]


def test_another_token_does_not_pass(cluster, walkthrough):
    """One of a credential, one for another audience, and none."""
    made = cluster.kubectl("create", "token", "default", "--namespace=demo", "--audience=https://else", check=True)
    assert [401] * 3 == [cluster.ask(URL, token).status for token in (walkthrough, made.stdout.strip(), "")]


def test_nothing_is_kept_of_an_issuer_that_is_gone(cluster, walkthrough):
    """Its keys are in the operator's namespace while something names them."""
    kept = ("get", "configmaps", f"--namespace={OPERATOR_NAMESPACE}", "--output=name")
    assert "postern-jwks-" in cluster.kubectl(*kept, check=True).stdout
    cluster.kubectl("delete", f"--filename={ACCOUNTS}", check=True)
    cluster.until("the keys are gone", lambda: "postern-jwks-" not in cluster.kubectl(*kept, check=True).stdout)
