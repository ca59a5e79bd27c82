"""What the chart's admission policies leave of the rights of the operator's account."""

from __future__ import annotations

import pytest
import yaml

import raw
from helm_chart import NAMESPACE
from operator_account import operator_account

KINDS = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")


@pytest.fixture
def operator(kubectl, crds, helm, namespace, tmp_path):
    """kubectl as the operator of a namespace with the policies of the chart for it."""
    policies = [it for it in helm.objects({}) if it["kind"] in KINDS]
    policies = yaml.safe_load(yaml.safe_dump(policies).replace(NAMESPACE, namespace))
    done = kubectl.apply(*policies)
    assert done.returncode == 0, done.stderr
    with operator_account(kubectl, namespace, tmp_path) as operator:
        yield operator
    kubectl("delete", *(f"{it['kind']}/{it['metadata']['name']}" for it in policies), check=True)


def config_map(name, namespace):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}}


def test_the_operator_writes_no_config_map_of_another(kubectl, operator, namespace):
    """In its own namespace its rights are for all ConfigMaps, for no rule can say how names begin."""
    for name in ("others", "postern-jwks-a"):
        assert 0 == kubectl.apply(config_map(name, namespace)).returncode

    def is_refused():
        done = operator.apply(config_map("others", namespace), options=("--force-conflicts",))
        return "the operator writes ConfigMaps named postern-* and no others" in done.stderr

    # A policy counts some time after it was made.
    raw.until(is_refused, "the policy", patience_s=60)
    deleted = operator("delete", "configmap", "others", f"--namespace={namespace}")
    assert "named postern-* and no others" in deleted.stderr
    kept = operator.apply(config_map("postern-jwks-a", namespace), options=("--force-conflicts",))
    assert (0, "") == (kept.returncode, kept.stderr)
    assert 0 == operator("delete", "configmap", "postern-jwks-a", f"--namespace={namespace}").returncode
