"""`postern convert ingress-nginx`, from the folder to what the compiler says of its output."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

NGINX = "nginx.ingress.kubernetes.io/"
BACKENDS = [
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "demo"},
        "spec": {"ports": [{"name": "http", "port": 80}]},
    }
    for name in ("shop", "canary")
]
ENDPOINTS = {
    "apiVersion": "discovery.k8s.io/v1",
    "kind": "EndpointSlice",
    "metadata": {"name": "shop-1", "namespace": "demo", "labels": {"kubernetes.io/service-name": "shop"}},
    "addressType": "IPv4",
    "ports": [{"name": "http", "port": 8480}],
    "endpoints": [{"addresses": ["127.0.0.1"], "conditions": {"ready": True}}],
}
PAGE = Path(__file__).parents[3] / "docs/migrating/ingress-nginx.md"
OUR_CLASS = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "IngressClass",
    "metadata": {"name": "postern"},
    "spec": {"controller": "postern.dev/ingress-controller"},
}


def ingress(backend="shop", path="/a", **annotations):
    """An Ingress of ingress-nginx; underscores in the annotations' names stand for hyphens."""
    service = {"name": backend, "port": {"number": 80}}
    paths = [{"path": path, "pathType": "Prefix", "backend": {"service": service}}]
    said = {f"{NGINX}{name.replace('_', '-')}": value for name, value in annotations.items()}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": backend, "namespace": "demo", "annotations": said},
        "spec": {"ingressClassName": "nginx", "rules": [{"host": "shop.example.com", "http": {"paths": paths}}]},
    }


@pytest.fixture
def convert(postern, folder):
    """Convert these; the result, the manifests, and the exit status of `postern validate` for them."""

    def convert(*objects):
        folder.write(*objects, name="in.yaml")
        result = postern("convert", "ingress-nginx", folder.path / "in.yaml")
        made = [it for it in yaml.safe_load_all(result.stdout) if it]
        (folder.path / "in.yaml").unlink()
        folder.write(OUR_CLASS, *BACKENDS, *made, name="out.yaml")
        return result, made, postern("validate", "--offline", folder.path).exit_code

    return convert


SAID = [
    ({"whitelist_source_range": "10.0.0.0/8, 192.0.2.7"}, {"clients": {"allow": ["10.0.0.0/8", "192.0.2.7/32"]}}),
    ({"denylist_source_range": "10.0.0.0/8"}, {"clients": {"deny": ["10.0.0.0/8"]}}),
    ({"proxy_body_size": "8m"}, {"maxRequestBody": "8Mi"}),
    ({"upstream_vhost": "inner.example.com"}, {"rewrite": {"hostname": "inner.example.com"}}),
    ({"force_ssl_redirect": "true"}, {"redirect": {"scheme": "https", "statusCode": 308}}),
]


@pytest.mark.parametrize(("annotations", "fields"), SAID, ids=str)
def test_what_a_service_can_say_becomes_one(convert, annotations, fields):
    """The Service has the fields, the Route the path, the compiler finds no error, and nothing is left."""
    result, made, valid = convert(ingress(**annotations))
    assert (0, 0) == (result.exit_code, valid)
    assert "1 Ingress: 1 as Services and Routes, 0 with another class alone, 0 left to do." in result.stderr
    assert ["Service", "Route"] == [it["kind"] for it in made]
    assert fields == {name: made[0]["spec"][name] for name in fields}
    assert [{"type": "Prefix", "value": "/a"}] == made[1]["spec"]["paths"]


def test_time_outs_are_those_of_the_upstream(convert):
    """The time between two reads is that for the head and for the silence within a body."""
    _, made, valid = convert(ingress(proxy_read_timeout="30", proxy_connect_timeout="2"))
    assert {"connect": "2s", "request": "30s", "idle": "30s"} == made[0]["spec"]["upstream"]["timeouts"]
    assert valid == 0


def test_a_rewrite_tells_how_it_differs(convert):
    """The whole path is replaced, and that nginx matched more than that is said."""
    result, made, valid = convert(ingress(rewrite_target="/new"))
    assert {"path": {"type": "ReplaceFullPath", "value": "/new"}} == made[1]["spec"]["rewrite"]
    assert (0, 0, True) == (result.exit_code, valid, "without case" in result.stderr)


def test_a_canary_is_merged(convert):
    """Its weight is of a hundred."""
    result, made, valid = convert(ingress(), ingress("canary", canary="true", canary_weight="10"))
    weights = [(it["service"]["name"], it["weight"]) for it in made[0]["spec"]["upstreams"]]
    assert ([("shop", 90), ("canary", 10)], 0, 0) == (weights, result.exit_code, valid)


@pytest.mark.parametrize(
    "annotations",
    [
        {"auth_url": "https://auth.example.com"},
        {"configuration_snippet": "deny all;"},
        {"rewrite_target": "/$2"},
        {"limit_connections": "3"},
        {"auth_tls_secret": "demo/ca"},
        {"backend_protocol": "GRPC"},
        {"custom_headers": "demo/headers"},
        {"custom_http_errors": "404"},
        {"whitelist_source_range": "10.0.0.1/8"},
        {"never_heard_of": "x"},
    ],
    ids=str,
)
def test_what_has_no_equal_refuses(convert, annotations):
    """The Ingress stays where it is and is refused, so that no wider path takes its requests; the name is said."""
    result, made, valid = convert(ingress(**annotations, proxy_body_size="8m"))
    (name,) = (name.replace("_", "-") for name in annotations)
    assert [("Ingress", {"postern.dev/left-by-conversion": "true"})] == [
        (it["kind"], it["metadata"]["annotations"]) for it in made
    ]
    assert (1, 1) == (result.exit_code, valid)
    assert f"Ingress/demo/shop: {name}: " in result.stderr
    assert f"# Ingress/demo/shop: {name}: " in result.stdout


def test_a_plain_ingress_stays_one(convert):
    """Only its class is another."""
    result, made, valid = convert(ingress())
    assert (0, 0, "postern") == (result.exit_code, valid, made[0]["spec"]["ingressClassName"])
    assert "annotations" not in made[0]["metadata"]


def test_a_file_is_never_overwritten_unasked(postern, folder):
    """The second time it takes --force."""
    folder.write(ingress())
    command = ("convert", "ingress-nginx", folder.path, "--output", folder.path / "out")
    assert [0, 1, 0] == [postern(*command, *more).exit_code for more in ((), (), ("--force",))]


ASKED = [
    ("10.1.1.1", "/admin/x", "route_refused"),
    ("10.1.1.1", "/y", "GET /new HTTP/1.1"),
    ("9.9.9.9", "/y", "client_not_allowed"),
]


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_the_manifest_of_the_page_does_what_the_page_says(convert, postern, folder, asked):
    """A path that is left answers 503 although a wider one is open, a rewrite and an address list count."""
    client, path, said = asked
    _, _, section = PAGE.read_text(encoding="utf-8").partition("## The manifest\n")
    convert(*yaml.safe_load_all(section.split("```")[1].removeprefix("yaml\n")))
    folder.write(ENDPOINTS, name="endpoints.yaml")
    result = postern("explain", folder.path, "--from", client, "--", "GET", f"http://shop.example.com{path}")
    assert said in result.stdout


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"apiVersion": "extensions/v1beta1"}, "write it as networking.k8s.io/v1"),
        ({"spec": None}, "spec"),
        ({"spec": {"rules": {}}}, "spec.rules: must be a list"),
        ({"metadata": {"name": "shop", "annotations": ["x"]}}, "annotations"),
        ({"metadata": None}, "metadata"),
    ],
    ids=str,
)
def test_an_ingress_that_can_not_be_read_is_named(postern, folder, changed, message):
    """One of an old version, or without its parts, ends the conversion with its place: it is never passed over."""
    folder.write(ingress() | changed, name="in.yaml")
    result = postern("convert", "ingress-nginx", folder.path)
    assert (1, True, True) == (result.exit_code, "in.yaml:1: " in result.stderr, message in result.stderr)


def test_other_kinds_of_the_name_are_passed_over(postern, folder):
    """OpenShift has an Ingress of its own, which is no Ingress."""
    folder.write(ingress() | {"apiVersion": "config.openshift.io/v1", "spec": {}})
    assert "No Ingress of class nginx is there." in postern("convert", "ingress-nginx", folder.path).stderr


def test_an_ingress_that_is_there_twice_is_named(postern, folder):
    """The first one counts, as when folders are served, and the exit status says that something is wrong."""
    folder.write(ingress(), ingress(proxy_body_size="1m"))
    result = postern("convert", "ingress-nginx", folder.path)
    assert (1, 1, True) == (result.exit_code, result.stdout.count("kind: "), "already" in result.stderr)
