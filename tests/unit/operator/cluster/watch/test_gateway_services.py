"""The Services of gateways, as they are kept."""

from __future__ import annotations

from postern_operator.cluster.api.reader import PartialObject
from postern_operator.cluster.settings import Gateway
from postern_operator.cluster.watch.gateway_services import GatewayServices, service_name

HEADING = PartialObject("postern-default", "gw")


def made():
    changes = []
    return GatewayServices((Gateway("default", "gw"),), lambda: changes.append(1)), changes


def service(version="1", ip="192.0.2.1", name="postern-default"):
    status = {"loadBalancer": {"ingress": [{"ip": ip}]}}
    metadata = {"name": name, "namespace": "gw", "resourceVersion": version}
    return {"metadata": metadata, "spec": {"type": "LoadBalancer"}, "status": status}


def test_a_gateway_s_service_is_known_by_its_name():
    """The one that the chart makes, and no other of its namespace."""
    services, _ = made()
    assert "postern-inner" == service_name("inner")
    wanted = [HEADING, PartialObject("postern-admin", "gw"), PartialObject("postern-default", "other")]
    assert [True, False, False] == [services.is_wanted(one) for one in wanted]


def test_another_address_is_a_change_and_another_version_is_none():
    """Statuses are compared again for each change."""
    services, changes = made()
    for manifest in (service(), service("2"), service("3", "192.0.2.2")):
        services.put(manifest)
    assert 2 == len(changes)
    assert "192.0.2.2" == services.get("default")["status"]["loadBalancer"]["ingress"][0]["ip"]


def test_a_service_that_is_gone_has_no_address():
    """By an event, or because a list lacks it; a list of another namespace says nothing."""
    services, changes = made()
    services.put(service())
    services.listed("other", [], "5")
    services.listed("gw", [HEADING], "5")
    services.discard(HEADING)
    assert services.get("default")
    services.listed("", [], "6")
    services.remove(HEADING)
    assert ({}, 2) == (services.get("default"), len(changes))
