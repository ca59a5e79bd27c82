"""What is left when Postern is uninstalled: what it says, and nothing else.  It is the last of the tests."""

from __future__ import annotations

import json

from in_cluster import GATEWAY_NAMESPACE, OPERATOR_NAMESPACE, RELEASE

OURS = ("deployments", "services", "configmaps", "secrets", "serviceaccounts", "roles", "rolebindings", "leases",
        "networkpolicies", "poddisruptionbudgets", "endpointslices", "clusterroles", "clusterrolebindings")  # fmt: skip


def test_helm_uninstall_leaves_the_kinds_and_the_users_objects(cluster, walkthrough):
    """Definitions and objects stay, so that installing it again takes up where it left; all else is gone."""
    cluster.helm("uninstall", RELEASE, f"--namespace={OPERATOR_NAMESPACE}", "--wait")
    cluster.until(
        "the gateway's namespace is gone",
        lambda: cluster.kubectl("get", "namespace", GATEWAY_NAMESPACE).returncode != 0,
    )
    left = cluster.kubectl("get", ",".join(OURS), "-A", "--output=json", check=True)
    ours = [
        f"{it['kind']} {it['metadata'].get('namespace', '')}/{it['metadata']['name']}"
        for it in json.loads(left.stdout)["items"]
        if "postern" in it["metadata"]["name"] or "postern" in str(it["metadata"].get("labels", {}))
    ]
    # The generated secret belongs to the user's credential, and the Lease goes with the namespace that the user made.
    expected = ["Secret demo/oiloil-jwt", f"Lease {OPERATOR_NAMESPACE}/postern-operator"]
    assert expected == [it for it in ours if not it.startswith("Endpoint")]
    assert cluster.kubectl.get("routes.postern.dev", "json", "demo")["spec"]
