"""What the tests of GitOps stand on: the tools' own programs, and every status that the operator can write."""

from __future__ import annotations

import functools
import itertools
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

import cases
from cluster.build import NotBuilt, built
from cluster.modules import ARGOCD, KSTATUS
from manifests import consumer, credential, jwt_policy, route, service
from postern_core.compile import compile_snapshot
from postern_core.conditions import Programming, conditions_of
from postern_core.kinds import KINDS
from postern_core.parse import parse_manifest
from postern_core.problems import Problem, Reason
from postern_operator.cluster.status.desired_status import status_change
from postern_operator.validators import VALIDATORS

ROOT = Path(__file__).parents[2]
GENERATION = 3
NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)

# Of a gateway that requires policies.
REQUIRED = [service(), route()]
# What a kind may be told and no golden case shows.
OTHERS = [
    [service(), route(auth={"jwt": {"mode": "Optional", "anonymousConsumer": {"name": "nobody"}}})],
    [
        service(upstream={"url": "https://a.example.com", "tls": {"caCertificateRef": {"name": "ca"}}}),
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ca", "namespace": "default"}, "data": {}},
    ],
    [consumer()],
    REQUIRED,
    [jwt_policy()],
    [jwt_policy(targetRefs=[{"group": "networking.k8s.io", "kind": "Ingress", "name": "gone"}])],
    [jwt_policy(jwt={"mode": "Never"})],
    [jwt_policy(jwt={"mode": "Optional", "anonymousConsumer": {"name": "nobody"}})],
    [jwt_policy(jwt={"tokenIssuers": [{"name": "gone"}]})],
    [
        service(tls={"certificateRefs": [{"name": "tls"}]}),
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "tls", "namespace": "default"},
            "type": "kubernetes.io/tls",
            "stringData": {"tls.crt": "none", "tls.key": "none"},
        },
    ],
]
ISSUER = {
    "apiVersion": "postern.dev/v1alpha1",
    "kind": "TokenIssuer",
    "metadata": {"name": "idp", "namespace": "default"},
    "spec": {
        "issuer": "https://idp.example.com",
        "keys": {"ref": {"name": "jwks", "key": "jwks.json"}},
        "anyAudience": True,
        "callers": {"anyone": {}},
    },
}
# What takes an object of megabytes, or thousands of them, to be told.
OF_SIZE = (Reason.TOO_LARGE, Reason.SHARE_EXCEEDED)


@pytest.fixture(scope="session")
def programs():
    """`programs(module, *names)`: the folder with programs of a module, where `make gitops-test` has built them."""

    def find(module, *names):
        try:
            return built(module, names, "make gitops-test")
        except NotBuilt as missing:
            pytest.skip(f"needs {missing}")

    return find


@pytest.fixture(scope="session")
def argocd(programs):
    """The folder with `argocd` and with `argocd-check`."""
    return programs(ARGOCD, "argocd", "argocd-check")


@pytest.fixture(scope="session")
def kstatus(programs):
    """The program that tells of objects what Flux tells of them."""
    return programs(KSTATUS, "kstatus") / "kstatus"


@pytest.fixture(scope="session")
def states():
    """All that `told` goes through."""
    return list(all_told().values())


def pytest_generate_tests(metafunc):
    """`told` is one object for each kind and each set of conditions that it may have."""
    if "told" in metafunc.fixturenames:
        found = all_told()
        metafunc.parametrize("told", found.values(), ids=["-".join(key) for key in found])


@functools.cache
def all_told():
    """Objects with the status that the operator writes: one for each kind and each set of conditions that it has."""
    found = {}
    tried = [(cases.manifests_of(case), cases.objects_of(case)) for case in cases.cases()]
    tried += [(manifests, [parse_manifest(manifest) for manifest in manifests]) for manifests in OTHERS]
    for manifests, objects in tried:
        problems = compile_snapshot(objects, inspectors=VALIDATORS, require_policy=manifests is REQUIRED).problems
        # Behind them are keys that were fetched.
        for manifest, parsed in zip(manifests, objects, strict=False):
            if parsed.ref.kind not in KINDS:
                continue
            for programming in Programming:
                one = told(manifest, problems, programming)
                found.setdefault(key_of(one), one)
    for manifest, reason in itertools.product(
        (service(), route(), consumer(), credential(), ISSUER, jwt_policy()), OF_SIZE
    ):
        problem = Problem(parse_manifest(manifest).ref, reason, "spec", "is too much")
        one = told(manifest, [problem], Programming.PENDING)
        found.setdefault(key_of(one), one)
    return found


def key_of(one):
    return one["kind"], *(it["status"] + it["reason"] for it in one["status"]["conditions"])


def told(manifest, problems, programming):
    """An object as it is in the cluster after the operator has looked at it."""
    current = {**manifest, "metadata": {**manifest["metadata"], "generation": GENERATION}}
    parsed = parse_manifest(current)
    due = conditions_of(parsed.ref, problems, programming)
    return {**current, "status": dict(status_change(parsed, "u-1", {}, due, count=1, now=NOW).status)}


def in_words():
    """What docs/gitops.md says: by the reason of Ready, the health in Argo CD and the status in Flux."""
    page = (ROOT / "docs/gitops.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.+`) \| (\w+) \| (\w+) \|", page, re.MULTILINE)
    return {reason: (health, status) for names, health, status in rows for reason in re.findall(r"`(\w+)`", names)}


@pytest.fixture(scope="session")
def promised():
    """By the reason of Ready, what the documentation promises that Argo CD and Flux will say."""
    return in_words()
