"""JWTPolicies in a cluster: what their status says, and a gateway that requires policies."""

from __future__ import annotations

import pytest

import manifests
import raw
from installation import installed


@pytest.fixture(scope="module")
def closed(crds, kubectl, tmp_path_factory):
    """An installation whose gateway requires a policy, and the namespace that it serves."""
    folder = tmp_path_factory.mktemp("installation")
    options = ("--require-policy=default",)
    with installed(kubectl, folder, "one", operator_options=options) as (installation, [namespace]):
        yield installation, namespace


def apply(kubectl, *all_manifests):
    done = kubectl.apply(*all_manifests)
    assert 0 == done.returncode, done.stderr


def until_condition(kubectl, namespace, resource, name, expected):
    """Wait for a condition to be so: its type, its status and its reason."""

    def is_so():
        conditions = kubectl.get(f"{resource}.postern.dev", name, namespace).get("status", {}).get("conditions", [])
        return expected in {f"{one['type']} {one['status']} {one['reason']}" for one in conditions}

    raw.until(is_so, f"{name}: {expected}")


def application(upstream, namespace, **auth):
    return manifests.service("app", namespace, hosts=["closed.example.com"], upstream={"url": upstream.url}, **auth)


def test_a_policy_says_what_it_lacks_and_heals_by_itself(closed, kubectl):
    """The Consumer that it names comes later; its line of `kubectl get` has its targets, its mode and its state."""
    _, namespace = closed
    optional = {"mode": "Optional", "anonymousConsumer": {"name": "guest"}}
    apply(kubectl, manifests.jwt_policy("guests", namespace, jwt=optional))
    until_condition(kubectl, namespace, "jwtpolicies", "guests", "ResolvedRefs False ConsumerNotFound")
    apply(kubectl, manifests.consumer("guest", namespace))
    until_condition(kubectl, namespace, "jwtpolicies", "guests", "Ready True Ready")

    target = {"group": "networking.k8s.io", "kind": "Ingress", "name": "gone"}
    apply(kubectl, manifests.jwt_policy("lost", namespace, targetRefs=[target]))
    until_condition(kubectl, namespace, "jwtpolicies", "lost", "Accepted False TargetNotFound")
    head, *rows = kubectl("get", "pjp", f"--namespace={namespace}", check=True).stdout.splitlines()
    assert ["NAME", "TARGETS", "MODE", "ACCEPTED", "PROGRAMMED", "REASON", "AGE"] == head.split()
    assert ["lost", "gone", "Required", "False", "False", "TargetNotFound"] == rows[1].split()[:6]


def test_deleting_a_policy_opens_nothing_where_one_is_required(closed, kubectl, upstream):
    """A Route answers 503 without a policy, 401 with one, 503 when it is gone, and 200 only in so many words."""
    installation, namespace = closed
    ask = ("closed.example.com", "/")
    apply(kubectl, application(upstream, namespace), manifests.route("all", namespace))
    installation.until_status(503, *ask)
    until_condition(kubectl, namespace, "routes", "all", "Accepted False PolicyRequired")

    apply(kubectl, application(upstream, namespace, auth={"jwt": {}}))
    installation.until_status(401, *ask)
    until_condition(kubectl, namespace, "routes", "all", "Ready True Ready")

    removal = '[{"op": "remove", "path": "/spec/auth"}]'
    kubectl("patch", "services.postern.dev", "app", f"-n{namespace}", "--type=json", f"--patch={removal}", check=True)
    installation.until_status(503, *ask)

    apply(kubectl, application(upstream, namespace, auth={"jwt": {"mode": "Disabled"}}))
    installation.until_status(200, *ask)
