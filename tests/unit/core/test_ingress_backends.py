"""The Services of Kubernetes that Ingresses send requests to."""

import pytest

from manifests import compiled, ingress, ingress_class, ingress_path, kubernetes_service
from postern_core.link.ingress_backends import backend_id
from postern_core.ref import Ref

TWO = [{"name": "http", "port": 80}, {"name": "dns", "port": 53, "protocol": "UDP"}]


def outcome(path, *objects):
    found = compiled(ingress_class(), *objects, ingress("site", path))
    (entry,) = found.snapshot.routes
    return bool(entry.refusal), [(it.reason.text, it.field) for it in found.problems]


AT = "spec.rules[0].http.paths[0].backend"


@pytest.mark.parametrize(
    ("path", "objects", "expected"),
    [
        (ingress_path(), [], "UpstreamNotFound"),
        (ingress_path(port=81), kubernetes_service(), "UpstreamNotFound"),
        (ingress_path(port="http"), kubernetes_service(), "UpstreamNotFound"),
        (ingress_path(port=53), kubernetes_service(ports=TWO), "UpstreamNotFound"),
        (ingress_path(), kubernetes_service(type="ExternalName", externalName="x.example.org"), "UpstreamNotFound"),
        (ingress_path() | {"backend": {"resource": {"kind": "X", "name": "x"}}}, [], "Invalid"),
        (ingress_path() | {"backend": {}}, [], "Invalid"),
        (ingress_path() | {"backend": {"service": {"name": "web"}}}, kubernetes_service(), "Invalid"),
        (ingress_path() | {"backend": {"service": {"name": "web", "port": {"name": "a", "number": 1}}}},
         kubernetes_service(), "Invalid"),
    ],
)  # fmt: skip
def test_a_backend_that_leads_nowhere_refuses_its_path(path, objects, expected):
    """Whose application it is can't be known."""
    assert (True, [(expected, AT)]) == outcome(path, *objects)


def test_a_backend_without_an_endpoint_is_served_as_soon_as_it_has_one():
    """It is no fault of the Ingress, and its route stays as it is."""
    service, slice_ = kubernetes_service()
    assert (False, [("NoReadyEndpoint", AT)]) == outcome(ingress_path(), service)
    assert (False, []) == outcome(ingress_path(), service, slice_)


def test_paths_to_one_port_share_its_backend():
    """By number or by name, of whichever Ingress."""
    service, slice_ = kubernetes_service(ports=TWO[:1])
    slice_["ports"] = [{"name": "http", "port": 18080}]
    one, two = ingress("one", ingress_path("/a")), ingress("two", ingress_path("/b", port="http"))
    snapshot = compiled(ingress_class(), service, slice_, one, two).snapshot
    assert (1, 1) == (len(snapshot.backends), len(snapshot.endpoints))
    id_ = backend_id(Ref("core/Service", "default", "web"), 80)
    assert {id_} == {it.backend for it in snapshot.routes} == {it.id for it in snapshot.backends}


def test_more_endpoints_than_an_entry_holds_refuse():
    """One object must not hinder the publication of all."""
    service, slice_ = kubernetes_service()
    slice_["endpoints"] = [{"addresses": [f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"]} for n in range(12_000)]
    assert (True, [("UpstreamNotFound", AT)]) == outcome(ingress_path(), service, slice_)
