"""A namespace keeps the host that it is served with, through edits of older objects, restarts and forged grants."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

import manifests
import raw
from cluster.kubectl import Kubectl
from installation import Installation, installed
from upstream import Upstream

HOST = "app.example.com"
INDEX = "postern-index"


@dataclass(frozen=True)
class Tenants:
    """An installation with an older tenant that covets the host, and a younger one that is served with it."""

    installation: Installation
    kubectl: Kubectl
    older: str
    younger: str
    url: str

    def covet(self, *hosts: str) -> None:
        """Edit the older tenant's Service."""
        service = manifests.service("app", self.older, upstream={"url": self.url}, hosts=["own.example.com", *hosts])
        assert 0 == self.kubectl.apply(service).returncode

    def edit_index(self, patch: str) -> None:
        """Change the one object that says what is published, and by which grants."""
        namespace = f"--namespace={self.installation.gateway_namespace}"
        self.kubectl("patch", "configmap", INDEX, namespace, "--type=merge", f"--patch={patch}", check=True)

    def published(self) -> dict[str, str]:
        return self.kubectl.get("configmap", INDEX, self.installation.gateway_namespace)["data"]

    def is_refused(self) -> bool:
        """Whether the older tenant is told that its latest edit takes nothing."""
        service = self.kubectl.get("services.postern.dev", "app", self.older)
        generation = service["metadata"]["generation"]
        [told] = [it for it in service["status"]["conditions"] if it["type"] == "Accepted"]
        is_latest = (told["observedGeneration"], told["reason"]) == (generation, "HostConflict")
        return is_latest and f"namespace {self.younger} " in told["message"]

    def check(self) -> None:
        """The host is the younger tenant's still: the older one's route would ask for a token."""
        raw.until(self.is_refused, "the older tenant to be refused")
        assert 200 == self.installation.get(HOST, "/x").status
        self.installation.until_status(401, "own.example.com", "/x")


@pytest.fixture
def tenants(crds, kubectl, tmp_path) -> Iterator[Tenants]:
    upstream = Upstream()
    with installed(kubectl, tmp_path, "older", "younger") as (installation, [older, younger]):
        tenants = Tenants(installation, kubectl, older, younger, upstream.url)
        tenants.covet()
        kubectl.apply(manifests.route("all", older, auth={"jwt": {}}))
        installation.until_status(401, "own.example.com", "/x")
        time.sleep(1.1)  # creationTimestamp has whole seconds
        app = manifests.service("app", younger, upstream={"url": upstream.url})
        kubectl.apply(app, manifests.route("open", younger, auth={"jwt": {"mode": "Disabled"}}))
        installation.until_status(200, HOST, "/x")
        yield tenants
    upstream.close()


def test_an_edit_of_an_older_service_takes_no_host(tenants):
    """An older Service takes no host by an edit, be it by name or by a wildcard, not even after a restart."""
    tenants.covet(HOST, "*.example.com")
    tenants.check()

    assert 0 == tenants.installation.operator.stop()
    tenants.covet("*.example.com", HOST)
    tenants.installation.start_operator("later")
    tenants.check()


def test_grants_that_are_forged_or_deleted_are_put_back(tenants):
    """While an operator runs; what a data plane reads of it stays the same meanwhile."""
    namespace, before = f"--namespace={tenants.installation.gateway_namespace}", tenants.published()
    tenants.edit_index('{"data":{"grants.json":"{\\"format\\":1,\\"shards\\":[]}"}}')
    raw.until(lambda: tenants.published() == before, "the grants to be put back")

    tenants.kubectl("delete", "configmap", INDEX, namespace, check=True)
    is_there = ("get", "configmap", INDEX, namespace)
    raw.until(lambda: tenants.kubectl(*is_there).returncode == 0, "the index to be put back")
    assert before == tenants.published()
    tenants.covet(HOST)
    tenants.check()


def test_without_grants_who_is_served_has_been_granted_it(tenants):
    """As after an upgrade from a version that published none, during which the older tenant makes its edit."""
    assert 0 == tenants.installation.operator.stop()
    tenants.edit_index('{"data":{"grants.json":null}}')
    tenants.covet(HOST, "*.example.com")
    tenants.installation.start_operator("later")
    tenants.check()
    assert "grants.json" in tenants.published()
