"""What of a cluster our objects name."""

from __future__ import annotations

import pytest

import manifests
from postern_core.parse import parse_manifest
from postern_core.ref import Ref
from postern_operator.cluster.watch.references import references_of, service_of_slice

UPSTREAM = {"service": {"name": "web", "port": 80}}
TLS = {"url": "https://a", "tls": {"caCertificateRef": {"name": "ca"}}}
MUTUAL = {"url": "https://a", "tls": {"clientCertificateRef": {"name": "identity"}}}
OWN = {"certificateRefs": [{"name": "a"}, {"name": "b"}]}


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        (manifests.route(), set()),
        (manifests.service(), set()),
        (manifests.service(upstream=UPSTREAM), {Ref("core/Service", "default", "web")}),
        (manifests.service(upstream=TLS), {Ref("ConfigMap", "default", "ca")}),
        (manifests.service(upstream=MUTUAL), {Ref("Secret", "default", "identity")}),
        (manifests.service(tls=OWN), {Ref("Secret", "default", "a"), Ref("Secret", "default", "b")}),
        (manifests.credential(), {Ref("Secret", "default", "alice")}),
        (manifests.credential(keys=[]), {Ref("Secret", "default", "alice-jwt")}),
        (manifests.credential(algorithm="ES256", keys=[{"publicKey": "x"}]), set()),
        (
            manifests.credential(revoked={"jtisFrom": {"name": "revoked", "key": "jtis"}}),
            {Ref("Secret", "default", "alice"), Ref("ConfigMap", "default", "revoked")},
        ),
        (manifests.credential(unknown=True), set()),
    ],
)
def test_an_object_names_what_it_refers_to(manifest, expected):
    """Secrets, ConfigMaps and Services, a generated Secret among them; an unusable object names nothing."""
    assert expected == references_of(parse_manifest(manifest))


def test_a_slice_belongs_to_the_service_of_its_label():
    """A slice without the label belongs to none."""
    assert Ref("core/Service", "a", "web") == service_of_slice("a", {"kubernetes.io/service-name": "web"})
    assert Ref("core/Service", "a", "") == service_of_slice("a", {})
