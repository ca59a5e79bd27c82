"""Ingresses of ingress-nginx as manifests of ours."""

from __future__ import annotations

from postern_cli.nginx_ingress import convert_all


def test_an_ingress_with_tls_redirects_as_it_did():
    """ingress-nginx redirects by default where there is TLS; the Service does, with the same certificate."""
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "a", "port": {"name": "http"}}}}
    spec = {"tls": [{"secretName": "t"}], "rules": [{"host": "a.example.com", "http": {"paths": [path]}}]}
    (done,) = convert_all([{"metadata": {"name": "a"}, "spec": spec}], "postern")
    service = done.manifests[0]["spec"]
    assert {"scheme": "https", "statusCode": 308} == service["redirect"]
    assert {"certificateRefs": [{"name": "t"}]} == service["tls"]


def test_a_canary_that_stands_alone_is_left_out():
    """It would take all requests otherwise."""
    metadata = {"name": "a", "annotations": {"nginx.ingress.kubernetes.io/canary": "true"}}
    (done,) = convert_all([{"metadata": metadata, "spec": {}}], "postern")
    assert ([], 1) == (done.manifests, len(done.left))


def test_a_path_that_counts_otherwise_is_named():
    """What a path of type ImplementationSpecific takes differs, and is never changed in silence."""
    path = {"path": "/a", "pathType": "ImplementationSpecific", "backend": {}}
    spec = {"rules": [{"host": "a.example.com", "http": {"paths": [path]}}]}
    (done,) = convert_all([{"metadata": {"name": "a"}, "spec": spec}], "postern")
    assert ["path /a"] == [line.partition(":")[0] for line in done.left]
