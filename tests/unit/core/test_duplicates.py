"""What stands twice in a list that is a set."""

from __future__ import annotations

import pytest

from manifests import consumer, credential, mistakes, route, secret, service

TWICE = "a is listed twice; remove one"


@pytest.mark.parametrize(
    ("made", "field", "message"),
    [
        (service(hosts=["a", "b", "a"]), "spec.hosts[2]", TWICE),
        (service(gateways=["default", "a", "a"]), "spec.gateways[2]", TWICE),
        (route(methods=["GET", "GET"]), "spec.methods[1]", "GET is listed twice; remove one"),
        (consumer(groups=["a", "a"]), "spec.groups[1]", TWICE),
        (credential(revoked={"jtis": ["a", "a"]}), "spec.revoked.jtis[1]", TWICE),
    ],
)
def test_what_stands_twice_is_told_where_it_does(made, field, message):
    """As the API server would, so that the same manifests are good with and without a cluster."""
    others = [it for it in (service(), consumer(), secret()) if it["kind"] != made["kind"]]
    assert message == mistakes(made, *others)[field]
