"""Where an Ingress is reached, as its status says."""

import pytest

from postern_operator.cluster.status.ingress_addresses import addresses_of

BALANCED = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1", "ipMode": "VIP"}, {"hostname": "lb.example.com"}]}}
SPEC = {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1", "fd00::1"], "externalIPs": ["198.51.100.1"]}


@pytest.mark.parametrize(
    ("service", "fallback", "expected"),
    [
        ({"spec": SPEC, "status": BALANCED}, "ClusterIP", [{"ip": "192.0.2.1"}, {"hostname": "lb.example.com"}]),
        ({"spec": SPEC, "status": {}}, "None", []),
        ({"spec": SPEC, "status": {"loadBalancer": {}}}, "ExternalIPs", [{"ip": "198.51.100.1"}]),
        ({"spec": SPEC}, "ClusterIP", [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]),
        ({"spec": {"clusterIP": "10.0.0.1"}}, "ClusterIP", [{"ip": "10.0.0.1"}]),
        ({"spec": {"clusterIP": "None", "clusterIPs": ["None"]}}, "ClusterIP", []),
        ({"spec": {}, "status": {"loadBalancer": {"ingress": [{"ports": []}]}}}, "ExternalIPs", []),
        ({}, "ClusterIP", []),
    ],
)
def test_the_addresses_are_those_of_the_service(service, fallback, expected):
    """Of its load balancer; else what the settings ask for, and nothing where they ask for nothing."""
    assert expected == addresses_of(service, fallback)
