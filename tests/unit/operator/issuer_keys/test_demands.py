"""What the TokenIssuers among objects ask to be fetched."""

from __future__ import annotations

import pytest

from certificates import Authority
from postern_core.parse import parse_manifest
from postern_core.ref import Ref
from postern_operator.issuer_keys.demands import demands_of
from postern_operator.issuer_keys.source import Demand, KeySource, Service

URL = "https://login.example.com/jwks"


def issuer(name="idp", keys=None, created="", **spec):
    """A TokenIssuer whose keys are fetched from a URL."""
    given = {"issuer": "https://login.example.com/", "keys": keys or {"url": URL}, "anyAudience": True}
    metadata = {"name": name, "namespace": "demo", "creationTimestamp": created}
    manifest = {"apiVersion": "postern.dev/v1alpha1", "kind": "TokenIssuer", "metadata": metadata}
    return parse_manifest(manifest | {"spec": given | {"callers": {"anyone": {}}} | spec})


def demand_of(*objects):
    """The one demand of some objects."""
    [demand] = demands_of(objects).values()
    return demand


def test_a_demand_has_what_the_fields_say():
    """Durations are seconds, and a Service of Kubernetes is dialled by its name in this namespace."""
    fetch = {"refresh": "1h", "timeout": "2s", "maxStale": "0s", "insecure": True}
    demand = demand_of(issuer(fetch=fetch | {"service": {"name": "keycloak", "port": 8080}}))
    service = Service("keycloak.demo.svc", 8080)
    assert Demand(KeySource(URL, service=service, is_insecure=True), 3600, 2, 0, "demo") == demand


@pytest.mark.parametrize(
    ("keys", "source"),
    [
        ({"url": URL}, KeySource(URL)),
        (
            {"discovery": {}},
            KeySource("https://login.example.com/.well-known/openid-configuration", "https://login.example.com/"),
        ),
        ({"discovery": {"url": URL}}, KeySource(URL, "https://login.example.com/")),
    ],
)
def test_a_source_is_where_the_keys_are_named(keys, source):
    """A discovery document is below the issuer, whose slash at the end counts once."""
    assert Demand(source, namespace="demo") == demand_of(issuer(keys=keys))


def test_the_keys_of_the_api_server_have_no_url():
    """They are read with the account of the operator, which goes nowhere else."""
    assert KeySource(is_kubernetes=True) == demand_of(issuer(keys={"kubernetes": {}}, issuer=None)).source


def test_a_ca_is_part_of_the_source():
    """Without the CA that is named nothing is fetched: the system's would stand for it."""
    pem = Authority("a CA of a test").pem
    metadata = {"name": "ca", "namespace": "demo"}
    ca = parse_manifest({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"ca.crt": pem}})
    asking = issuer(fetch={"caCertificateRef": {"name": "ca"}})
    assert pem == demand_of(asking, ca).source.ca_pem
    assert {} == demands_of([asking])


def test_what_is_wrong_asks_for_nothing():
    """A set that an object holds is not fetched."""
    wrong = issuer("wrong", {"url": "http://login.example.com/jwks"})
    held = issuer("held", {"ref": {"name": "a", "key": "b"}})
    unreadable = issuer("unreadable", {"url": 1})
    assert [Ref("TokenIssuer", "demo", "idp")] == list(demands_of([wrong, held, unreadable, issuer()]))


def test_the_oldest_comes_first():
    """A namespace that asks for too much loses what came last."""
    young, old = issuer("a", created="2026-02-02T00:00:00Z"), issuer("b", created="2026-01-01T00:00:00Z")
    assert ["b", "a"] == [ref.name for ref in demands_of([young, old])]
