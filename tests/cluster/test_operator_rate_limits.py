"""Rate limits in a cluster: the operator divides them by the pods that are ready, and says nothing else by it."""

from __future__ import annotations

import json

import manifests
import raw
from installation import installed
from postern_core.codec import decode_index

HOST = "limits.example.com"


def index_of(kubectl, installation):
    """The index as the pods read it."""
    published = kubectl.get("configmap", "postern-index", installation.gateway_namespace)
    return published["data"]["index.json"]


def written(kubectl, namespace):
    """The version of each of our objects: another one for each status that was written."""
    found = json.loads(kubectl("get", "psvc,prt", f"-n{namespace}", "-ojson", check=True).stdout)["items"]
    assert all(map(is_ready, found))
    return {it["metadata"]["name"]: it["metadata"]["resourceVersion"] for it in found}


def test_limits_are_divided_by_the_ready_pods(crds, kubectl, tmp_path):
    """A second pod changes the index once limits need it; no status is written, and requests go on."""
    with installed(kubectl, tmp_path, "limits") as (installation, [namespace]):
        service = manifests.service("app", namespace, hosts=[HOST])
        assert 0 == kubectl.apply(service, manifests.route("all", namespace)).returncode
        installation.until_status(502, HOST, "/")
        assert "pods" not in index_of(kubectl, installation)

        limits = [{"by": "Client", "requests": 1000, "per": "1s"}]
        limited = manifests.route("all", namespace, rateLimit=limits, paths=[{"type": "Exact", "value": "/limited"}])
        assert 0 == kubectl.apply(limited).returncode
        installation.until_status(404, HOST, "/")
        until_ready(kubectl, namespace)
        assert 1 == decode_index(index_of(kubectl, installation).encode()).pods

        before, first = written(kubectl, namespace), installation.admin
        installation.start_data_plane("second", is_announced=False)
        installation.until_status(502, HOST, "/limited")
        installation.announce(first, installation.admin)
        raw.until(lambda: decode_index(index_of(kubectl, installation).encode()).pods == 2, "two pods in the index", 60)
        installation.until_status(502, HOST, "/limited")
        assert before == written(kubectl, namespace)


def until_ready(kubectl, namespace):
    """Wait until all is served as it is written."""

    def are_ready():
        found = [kubectl.get(kind, name, namespace) for kind, name in (("psvc", "app"), ("prt", "all"))]
        return all(is_ready(it) for it in found)

    raw.until(are_ready, "all to be ready")


def is_ready(it):
    status = it.get("status", {})
    conditions = {one["type"]: one["status"] for one in status.get("conditions", [])}
    return status.get("observedGeneration") == it["metadata"]["generation"] and conditions.get("Ready") == "True"
