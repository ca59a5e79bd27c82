"""Two replicas of the operator: one acts, and when it is killed the other does within 15 seconds."""

from __future__ import annotations

import time

import manifests
import raw
from cluster.kubectl import Kubectl
from cluster.shared import Api
from installation import Installation, installed
from load import Load

TAKEOVER_S = 15.0


def test_a_standby_takes_over_from_a_killed_leader(crds, kubectl, tmp_path, upstream):
    """Within 15 seconds an edit takes effect again, and no request has noticed anything."""
    with installed(kubectl, tmp_path, "demo") as (installation, [namespace]):
        app = manifests.service("app", namespace, upstream={"url": upstream.url})
        kubectl.apply(app, manifests.route("open", namespace, auth={"jwt": {"mode": "Disabled"}}))
        installation.until_status(200, "app.example.com", "/x")
        standby = installation.start_operator("standby")
        standby.has_said("everything has been listed")
        with Load(lambda: installation.get("app.example.com", "/x").status) as load:
            installation.operator.kill()
            began = time.monotonic()
            paths = [{"type": "Exact", "value": "/closed"}]
            kubectl.apply(manifests.route("closed", namespace, paths=paths, auth={"jwt": {}}))
            raw.until(lambda: installation.get("app.example.com", "/closed").status == 401, "the edit", TAKEOVER_S)
            took_s = time.monotonic() - began
        assert took_s < TAKEOVER_S
        assert [] == load.failed
        assert load.asked > 100
        assert 0 == standby.stop()


def test_a_stopped_leader_gives_the_lease_back(crds, kubectl, tmp_path):
    """The next one need not wait for its end."""
    with installed(kubectl, tmp_path) as (installation, []):
        installation.operator.has_said("leading")
        assert 0 == installation.operator.stop()
        lease = kubectl.get("lease", "postern-operator", installation.gateway_namespace)
        assert "" == lease["spec"].get("holderIdentity", "")


def test_an_operator_waits_for_the_api_server(private_api, api, tmp_path):
    """Started while there is none, it is alive but not ready; when there is one, it acts."""
    kubectl = Kubectl(Api(private_api.kubeconfig, api.kubectl), tmp_path)
    private_api.stop_api()
    installation = Installation(kubectl, tmp_path, "postern-default")
    try:
        operator = installation.start_operator()
        operator.has_said("objects can't be read, trying again")
        private_api.start_api()
        kubectl("create", "namespace", "postern-default", check=True)
        operator.has_said("published")
        assert 0 == operator.stop()
    finally:
        installation.close()
