"""Keys of token issuers that the operator fetches: with providers that are down, and operators that are killed."""

from __future__ import annotations

import urllib.request

import raw
from fetched_issuers import HOST, applied, condition, fetching, protected, token_issuer


def metrics(operator):
    address = operator.has_said("operator started")["admin"]
    with urllib.request.urlopen(f"http://{address}/metrics") as answer:
        return answer.read().decode()


def kept_in(kubectl, namespace):
    done = kubectl("get", "configmaps", f"--namespace={namespace}", "--output=name", check=True)
    return [it for it in done.stdout.split() if it.startswith("configmap/postern-jwks-")]


def test_one_broken_source_of_ten_holds_up_no_other(crds, kubectl, tmp_path, upstream):
    """A provider that is down at the start refuses its own tokens with 503 until it is up, and no others."""
    with fetching(kubectl, tmp_path, "demo") as (installation, [namespace], provider):
        names = [f"idp-{number}" for number in range(10)]
        for name in names[1:]:
            provider.rotate(name)
        issuers = [token_issuer(name, namespace, provider) for name in names]
        applied(kubectl, *protected(namespace, upstream, *issuers))
        for name in names[1:]:
            installation.until_status(200, HOST, "/x", provider.token(name))

        provider.rotate(names[0])
        token = provider.token(names[0])
        provider.provider.answers.pop(f"/{names[0]}")
        assert 503 == installation.get(HOST, "/x", token).status
        raw.until(lambda: condition(kubectl, names[0], namespace) == ("False", "KeysUnavailable"), "the condition")
        labels = f'issuer="TokenIssuer/{namespace}/{names[0]}",result="KeysUnavailable"'
        assert f"postern_operator_jwks_fetches_total{{{labels}}}" in metrics(installation.operator)
        events = kubectl("get", "events.events.k8s.io", f"--namespace={namespace}", "--output=json", check=True).stdout
        assert "KeysUnavailable" in events

        provider.rotate(names[0])
        installation.until_status(200, HOST, "/x", provider.token(names[0]))
        raw.until(lambda: condition(kubectl, names[0], namespace)[0] == "True", "the condition")
        assert {1} == {provider.asked(name) for name in names[1:]}


def test_an_operator_that_was_killed_goes_on_with_the_provider_down(crds, kubectl, tmp_path, upstream):
    """Last good keys outlive it, in its own namespace, and what is published anew has them; no pod notices anything."""
    with fetching(kubectl, tmp_path, "demo") as (installation, [namespace], provider):
        provider.rotate("idp")
        applied(kubectl, *protected(namespace, upstream, token_issuer("idp", namespace, provider)))
        installation.until_status(200, HOST, "/x", provider.token("idp"))
        raw.until(lambda: len(kept_in(kubectl, installation.gateway_namespace)) == 1, "the keys are kept")

        provider.stop()
        installation.operator.kill()
        restarted = installation.start_operator("restarted")
        restarted.has_said("published")
        issuer = token_issuer("idp", namespace, provider)
        applied(kubectl, *protected(namespace, upstream, issuer, host="late.example.com"))
        installation.until_status(200, "late.example.com", "/x", provider.token("idp"))
        assert 200 == installation.get(HOST, "/x", provider.token("idp")).status

        provider.start()
        kubectl("delete", "tokenissuers.postern.dev", "idp", f"--namespace={namespace}", check=True)
        raw.until(lambda: kept_in(kubectl, installation.gateway_namespace) == [], "nothing is kept")


def test_a_standby_that_takes_over_has_the_keys_of_the_last_leader(crds, kubectl, tmp_path, upstream):
    """Keys that were rotated after the standby has read them are in what it publishes, with the provider down."""
    with fetching(kubectl, tmp_path, "demo") as (installation, [namespace], provider):
        provider.rotate("idp")
        applied(kubectl, *protected(namespace, upstream, token_issuer("idp", namespace, provider)))
        installation.until_status(200, HOST, "/x", provider.token("idp"))
        standby = installation.start_operator("standby")
        standby.has_said("everything has been listed")
        # A hint counts 30 seconds after the last attempt; another URL is another source.
        provider.rotate("moved")
        issuer = token_issuer("idp", namespace, provider, keys={"url": provider.url("moved")})
        applied(kubectl, issuer)
        token = provider.token("moved", iss=provider.issuer("idp"))
        installation.until_status(200, HOST, "/x", token)

        provider.stop()
        installation.operator.kill()
        standby.has_said("published")
        applied(kubectl, *protected(namespace, upstream, issuer, host="late.example.com"))
        installation.until_status(200, "late.example.com", "/x", token)
        assert 200 == installation.get(HOST, "/x", token).status


def test_a_service_account_calls_through_the_gateway(crds, kubectl, tmp_path, upstream):
    """The token of a pod is verified by the API server's own keys, for the audience that the issuer names."""
    with fetching(kubectl, tmp_path, "demo") as (installation, [namespace], provider):
        spec = {"issuer": None, "fetch": None, "keys": {"kubernetes": {}}}
        applied(kubectl, *protected(namespace, upstream, token_issuer("cluster", namespace, provider, **spec)))
        kubectl("create", "serviceaccount", "pod", f"--namespace={namespace}", check=True)

        def token(audience):
            words = ("create", "token", "pod", f"--namespace={namespace}", f"--audience={audience}")
            return kubectl(*words, check=True).stdout.strip()

        installation.until_status(200, HOST, "/x", token("orders"))
        caller = upstream.requests[-1].fields["x-consumer-username"]
        assert f"cluster:system:serviceaccount:{namespace}:pod" == caller
        assert 401 == installation.get(HOST, "/x", token("https://kubernetes.default.svc")).status


def test_an_issuer_of_another_namespace_must_be_allowed(crds, kubectl, tmp_path, upstream):
    """Its keys are fetched, and its tokens pass where its owner allows the policy's namespace, nowhere else."""
    with fetching(kubectl, tmp_path, "owner", "demo") as (installation, [owner, namespace], provider):
        provider.rotate("idp")
        issuer = token_issuer("idp", owner, provider)
        applied(kubectl, *protected(owner, upstream, issuer, host="own.example.com"))
        applied(kubectl, *protected(namespace, upstream, issuer))
        installation.until_status(200, "own.example.com", "/x", provider.token("idp"))
        installation.until_status(503, HOST, "/x", provider.token("idp"))

        applied(kubectl, token_issuer("idp", owner, provider, allowedNamespaces=[namespace]))
        installation.until_status(200, HOST, "/x", provider.token("idp"))
