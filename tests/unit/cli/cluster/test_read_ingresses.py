"""`postern convert ingress-nginx --cluster`: what is read, and what is not."""

from __future__ import annotations

import pytest
import yaml

from manifests import kubernetes_service
from nginx_ingresses import NGINX, ingress
from postern_cli.cluster.read_ingresses import read_ingresses
from postern_cli.errors import ClusterReadingError
from postern_cli.sources import Where


def stored(source):
    """An Ingress as an API server has it, with what no manifest has."""
    metadata = source["metadata"] | {"managedFields": [{"manager": "kubectl"}], "resourceVersion": "7"}
    return source | {"metadata": metadata, "status": {"loadBalancer": {}}}


def test_the_ingresses_of_a_cluster_are_converted(postern, cluster):
    """Those of our class are left alone, and nothing that only the API server writes is in the output."""
    cluster.put(
        kubernetes_service("shop", "demo")[0],
        stored(ingress(annotations={"proxy-body-size": "8m"})),
        stored(ingress("ours", ingressClassName="postern")),
    )
    result = postern("convert", "ingress-nginx", "--cluster")
    made = list(yaml.safe_load_all(result.stdout))
    assert (0, ["Service", "Route"]) == (result.exit_code, [it["kind"] for it in made])
    assert [{"name": "shop", "namespace": "demo"}] * 2 == [it["metadata"] for it in made]


def test_no_secret_is_read_and_nothing_is_written(postern, cluster):
    """Only lists of Ingresses and single Services are asked for."""
    secret = {"tls": [{"secretName": "shop-tls", "hosts": ["shop.example.com"]}]}
    cluster.put(kubernetes_service("shop", "demo")[0], stored(ingress(**secret)))
    postern("convert", "ingress-nginx", "--cluster", "-n", "demo")
    asked = ["/apis/networking.k8s.io/v1/namespaces/demo/ingresses", "/api/v1/namespaces/demo/services/shop"]
    assert asked == cluster.asked


def test_a_service_that_is_missing_is_told(postern, cluster):
    """A missing Service, and one of type ExternalName, is a warning; one that may not be read is passed over."""
    cluster.put(
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "alias", "namespace": "demo"},
         "spec": {"type": "ExternalName", "externalName": "evil.example.com"}},
        *(stored(ingress(name, backend=name)) for name in ("gone", "alias", "hidden")),
    )  # fmt: skip
    cluster.refused = {"/api/v1/namespaces/demo/services/hidden": 403}
    result = postern("convert", "ingress-nginx", "--cluster")
    assert 1 == result.exit_code
    assert "Warning: Service demo/gone is not there\n" in result.stderr
    assert "Warning: Service demo/alias is of type ExternalName" in result.stderr
    assert "hidden is" not in result.stderr


def test_rights_that_are_missing_are_told(cluster):
    """The message names the verb and the kind."""
    cluster.refused = {"/apis/networking.k8s.io": 403}
    with pytest.raises(ClusterReadingError, match=r"may not list ingresses\.networking\.k8s\.io in all namespaces"):
        read_ingresses(Where(), "nginx")


def test_a_file_comes_before_the_cluster(postern, cluster, folder):
    """An Ingress that is in a folder too is taken from there."""
    cluster.put(kubernetes_service("shop", "demo")[0], stored(ingress(annotations={"auth-url": "http://login"})))
    folder.write(ingress())
    result = postern("convert", "ingress-nginx", "--cluster", folder.path)
    assert (0, False) == (result.exit_code, NGINX in result.stdout)
