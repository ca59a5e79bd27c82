"""Listeners of a gateway: the operator, the Service and the NetworkPolicy agree, and pods know nothing of them."""

from __future__ import annotations

import pytest

from postern_operator.cluster.settings import read_settings

LISTENERS = [
    {"name": "low", "port": 81, "protocol": "HTTP"},
    {"name": "own", "port": 9081, "protocol": "HTTP", "hostname": "*.example.com", "redirectPort": 443},
    {"name": "own-too", "port": 9081, "protocol": "HTTP", "hostname": "a.example.com"},
    {"name": "high", "port": 8081, "protocol": "HTTP"},
]


@pytest.fixture
def render(helm):
    """`render(listeners)`: the objects by kind and name."""

    def objects(listeners):
        values = {"gateways": {"default": {"listeners": listeners}}, "networkPolicy": {"enabled": True}}
        return {(it["kind"], it["metadata"]["name"]): it for it in helm.objects(values)}

    return objects


def test_all_agree_where_a_pod_listens(render):
    """Each public port leads to the port that the operator has the pods listen on."""
    objects = render(LISTENERS)
    arguments = objects["Deployment", "postern-operator"]["spec"]["template"]["spec"]["containers"][0]["args"]
    listeners = read_settings(arguments).listeners_of("default")
    assert [it["name"] for it in LISTENERS] == [it.id.rpartition("/")[2] for it in listeners]
    served = [(it["port"], it["targetPort"]) for it in objects["Service", "postern-default"]["spec"]["ports"]]
    ports = sorted({(it.port, it.bind_port) for it in listeners})
    assert ports == sorted(served[1:])
    let_in = objects["NetworkPolicy", "postern-default"]["spec"]["ingress"][0]["ports"]
    assert sorted([8080, *(bound for _, bound in ports)]) == sorted(it["port"] for it in let_in)


def test_no_pod_is_replaced_for_a_listener(render):
    """The template of the data-plane pods is the same with and without them."""
    before, after = render([])["Deployment", "postern-default"], render(LISTENERS)["Deployment", "postern-default"]
    assert before == after
