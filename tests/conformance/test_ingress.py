"""Ingresses as clients see them: the behaviours that the conformance suite of ingress controllers asks for.

That suite (kubernetes-sigs/ingress-controller-conformance) is no module that can be fetched; these are the same
behaviours, over HTTP: rules of paths and hosts, the default backend, and classes.
"""

from __future__ import annotations

import pytest

import raw
from certificates import tls_secret
from manifests import ingress, ingress_class, ingress_path, kubernetes_service
from secure_gateway import NAME, SecureDataPlane

HOSTS = {
    "exact-path": [("/foo", "Exact", "foo-exact")],
    "exact-slash": [("/foo/", "Exact", "foo-slash-exact")],
    "prefix-path": [("/foo", "Prefix", "foo-prefix")],
    "prefix-slash": [("/foo/", "Prefix", "foo-slash-prefix")],
    "prefix-nested": [("/aaa/bbb", "Prefix", "aaa-bbb"), ("/aaa", "Prefix", "aaa")],
    "prefix-nested-slash": [("/aaa/bbb/", "Prefix", "aaa-bbb-slash"), ("/foo", "Prefix", "foo-prefix")],
    "mixed": [("/foo", "Prefix", "foo-prefix"), ("/foo", "Exact", "foo-exact")],
    "root": [("/", "Prefix", "root"), ("/aaa", "Prefix", "aaa")],
    "own": [("/foo", "ImplementationSpecific", "foo-own")],
    "exact-root": [("/", "Exact", "root-exact")],
}
SERVICES = sorted({service for paths in HOSTS.values() for *_, service in paths} | {"star", "named", "default"})

# Host, path, and the Service that must answer; None for 404, and "default" for what nothing takes.
SCENARIOS = [
    ("exact-path", "/foo", "foo-exact"),
    ("exact-path", "/foo/", "default"),
    ("exact-path", "/FOO", "default"),
    ("exact-path", "/foo/bar", "default"),
    ("exact-path", "/bar", "default"),
    ("exact-path", "/foo?a=b", "foo-exact"),
    ("exact-slash", "/foo/", "foo-slash-exact"),
    ("exact-slash", "/foo", "default"),
    ("prefix-path", "/foo", "foo-prefix"),
    ("prefix-path", "/foo/", "foo-prefix"),
    ("prefix-path", "/foo/bar", "foo-prefix"),
    ("prefix-path", "/foobar", "default"),
    ("prefix-path", "/FOO", "default"),
    ("prefix-path", "/fo", "default"),
    ("prefix-slash", "/foo", "foo-slash-prefix"),
    ("prefix-slash", "/foo/", "foo-slash-prefix"),
    ("prefix-slash", "/foo/bar", "foo-slash-prefix"),
    ("prefix-slash", "/foobar", "default"),
    ("prefix-nested", "/aaa/bbb", "aaa-bbb"),
    ("prefix-nested", "/aaa/bbb/ccc", "aaa-bbb"),
    ("prefix-nested", "/aaa/bbbxyz", "aaa"),
    ("prefix-nested", "/aaa", "aaa"),
    ("prefix-nested", "/aaa/ccc", "aaa"),
    ("prefix-nested", "/aaaccc", "default"),
    ("prefix-nested-slash", "/aaa/bbb", "aaa-bbb-slash"),
    ("prefix-nested-slash", "/aaa/bbb/", "aaa-bbb-slash"),
    ("prefix-nested-slash", "/aaa/bbbccc", "default"),
    ("prefix-nested-slash", "/aaa", "default"),
    ("mixed", "/foo", "foo-exact"),
    ("mixed", "/foo/", "foo-prefix"),
    ("mixed", "/foo/bar", "foo-prefix"),
    ("root", "/", "root"),
    ("root", "/aaa", "aaa"),
    ("root", "/aaa/x", "aaa"),
    ("root", "/ccc", "root"),
    ("own", "/foo/bar", "foo-own"),
    ("exact-root", "/", "root-exact"),
    ("exact-root", "/a", "default"),
    # Hosts; a wildcard stands for one label.
    ("any.star", "/", "star"),
    ("named.star", "/", "named"),
    ("two.labels.star", "/", "default"),
    ("star", "/", "default"),
    ("unknown", "/x", "default"),
]


@pytest.fixture(scope="module")
def serving(start_gateway, start_upstream):
    """A gateway, and the upstreams by Service."""
    upstreams = {name: start_upstream() for name in SERVICES}
    objects = [ingress_class(), ingress_class("foreign", controller="example.com/other")]
    for name, upstream in upstreams.items():
        service, slice_ = kubernetes_service(name)
        objects += [service, slice_ | {"ports": [{"port": upstream.port}]}]
    for host, paths in HOSTS.items():
        # Each path in an Ingress of its own: those of one host are merged.
        objects += [
            ingress(f"{host}-{number}", ingress_path(*path), host=f"{host}.test") for number, path in enumerate(paths)
        ]
    objects += [
        ingress("star", ingress_path(service="star"), host="*.star.test"),
        ingress("named", ingress_path(service="named"), host="named.star.test"),
        ingress("foreign", ingress_path("/", service="named"), host="unknown.test", ingressClassName="foreign"),
    ]
    default = {"service": {"name": "default", "port": {"number": 80}}}
    objects.append(ingress("default", rules=None, defaultBackend=default))
    return start_gateway(objects), upstreams


@pytest.mark.parametrize(("host", "path", "expected"), SCENARIOS)
def test_the_right_service_answers(serving, host, path, expected):
    """It gets the path as the client sent it."""
    gateway, upstreams = serving
    for upstream in upstreams.values():
        upstream.forget()
    answer = raw.ask(gateway.listen, f"GET {path} HTTP/1.1\r\nHost: {host}.test\r\nConnection: close\r\n\r\n")
    assert 200 == answer.status
    assert [expected] == [name for name, upstream in upstreams.items() if upstream.requests]
    assert upstreams[expected].requests[0].head.startswith(f"GET {path} HTTP/1.1\r\n".encode())


def test_without_a_default_backend_the_rest_is_not_found(serving):
    """What no path takes is answered by the gateway itself; and what comes back is served again."""
    gateway, upstreams = serving
    _, slice_ = kubernetes_service("root")
    slice_ |= {"ports": [{"port": upstreams["root"].port}]}
    objects = [
        ingress_class(),
        kubernetes_service("root")[0],
        slice_,
        ingress("one", ingress_path("/a", service="root")),
    ]
    gateway.serve(objects)
    ask = "GET {} HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n\r\n"
    raw.until(lambda: raw.ask(gateway.listen, ask.format("/a")).status == 200, "the Ingress to be served")
    assert 404 == raw.ask(gateway.listen, ask.format("/b")).status


def test_the_certificate_of_an_ingress_is_shown_for_its_host(start_gateway, start_upstream):
    """It comes before the gateway's own, which is shown for all other names."""
    service, slice_ = kubernetes_service()
    served = [ingress_class(), service, slice_ | {"ports": [{"port": start_upstream().port}]}]
    gateway = start_gateway([*served, ingress(host=NAME)], kind=SecureDataPlane)
    pair = gateway.authority.issue(NAME)
    tls = [{"hosts": [NAME], "secretName": "app-tls"}]
    gateway.serve([*served, ingress(host=NAME, tls=tls), tls_secret(pair)])
    assert pair.serial == serial(gateway, NAME)
    assert pair.serial != serial(gateway, "other.example.org")


def serial(gateway, name):
    """Which certificate a new connection is shown."""
    context = gateway.authority.client_context()
    context.check_hostname = False
    with raw.Client(gateway.secure(name, context)) as client:
        return int(client.socket.getpeercert()["serialNumber"], 16)
