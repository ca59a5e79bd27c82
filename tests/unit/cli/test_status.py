"""`postern status`, from a cluster to the tree."""

from __future__ import annotations

import json

GROUP = "/apis/postern.dev/v1alpha1"


def test_a_cluster_is_shown_as_a_tree(postern, serving):
    """The status is 0 although nothing is well; there are no colours outside of a terminal."""
    result = postern("status")
    assert (0, "") == (result.exit_code, result.stderr)
    assert "Operator, Lease postern-system/postern-operator: not held: no operator acts\n" in result.stdout
    assert "    └── Route default/all: no operator has looked at it yet\n" in result.stdout
    assert "\x1b" not in result.stdout


def test_no_secret_is_read(postern, serving):
    """The status command reads no Secret, not even its name."""
    postern("status")
    assert [] == [path for path in serving.asked if "secrets" in path]


def test_json_has_all_of_it(postern, serving):
    """For programs."""
    told = json.loads(postern("status", "-o", "json").stdout)
    assert ["is_ready", "operator", "gateways", "objects", "left_out"] == list(told)
    assert (False, 4) == (told["is_ready"], len(told["objects"]))


def test_a_namespace_shows_its_own_gateways(postern, serving):
    """An empty one has none."""
    assert "Gateway" not in postern("status", "-n", "empty").stdout
    assert "Gateway default, namespace postern-default" in postern("status", "-n", "default").stdout


def test_a_gateway_s_namespace_may_be_given(postern, serving):
    """As the operator has it; anything else is a mistake of usage."""
    assert "Gateway default, namespace edge" in postern("status", "--gateway", "default=edge").stdout
    assert "Gateway default, namespace edge" in postern("status", env={"POSTERN_STATUS_GATEWAY": "default=edge"}).stdout
    result = postern("status", "--gateway", "default")
    assert (2, True) == (result.exit_code, "is not NAME=NAMESPACE" in result.stderr)


def test_what_may_not_be_read_is_told(postern, serving):
    """The rest is shown."""
    serving.refused = {f"{GROUP}/routes": 403, f"{GROUP}/namespaces/default/routes": 403}
    result = postern("status")
    assert (0, True) == (result.exit_code, "Left out: Route of " in result.stdout)
