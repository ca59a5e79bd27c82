"""A Service's upstream, resolved."""

import pytest

from certificates import Authority
from manifests import compiled, reasons, service

KUBERNETES = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"ports": [{"name": "http", "port": 80}, {"name": "dns", "port": 53, "protocol": "UDP"}]},
}


def endpoint_slice(name, *addresses, ready=None, port=8080):
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": name, "labels": {"kubernetes.io/service-name": "web"}},
        "ports": [{"name": "http", "port": port}, {"name": "metrics", "port": 9}],
        "endpoints": [{"addresses": [address], "conditions": {"ready": ready}} for address in addresses],
    }


def backend(upstream, *others):
    snapshot = compiled(service(upstream=upstream), *others).snapshot
    return snapshot.backends[0], [(it.address, it.port, it.weight) for it in snapshot.endpoints[0].endpoints]


@pytest.mark.parametrize(
    ("url", "host", "path", "address"),
    [
        ("http://a.example", "a.example", "", ("a.example", 80, 1)),
        ("http://a.example:8080/x/", "a.example:8080", "/x", ("a.example", 8080, 1)),
        ("https://a.example:443", "a.example", "", ("a.example", 443, 1)),
        ("http://[::1]:80", "[::1]", "", ("::1", 80, 1)),
    ],
)
def test_a_url_says_where_and_under_which_name(url, host, path, address):
    """The port is named only where it is not the scheme's own."""
    entry, endpoints = backend({"url": url})

    assert (host, path, [address]) == (entry.host_header, entry.path_prefix, endpoints)


def test_https_asks_for_the_hosts_own_name():
    """An https upstream is verified by its own host name and the system's authorities."""
    entry, _ = backend({"url": "https://a.example"})

    assert ("a.example", None, False) == (entry.tls.server_name, entry.tls.ca_pem, entry.tls.insecure_skip_verify)


def test_endpoints_keep_their_weights_and_those_of_none_are_left_out():
    """The client's Host goes on by default."""
    listed = [{"address": "10.0.0.1", "port": 1, "weight": 3}, {"address": "10.0.0.2", "port": 2, "weight": 0}]
    entry, endpoints = backend({"endpoints": listed})

    assert (None, [("10.0.0.1", 1, 3)]) == (entry.host_header, endpoints)


def test_a_kubernetes_service_is_its_ready_endpoints():
    """Of all slices, each once; an unset `ready` is ready."""
    slices = [
        endpoint_slice("a", "10.0.0.2", "10.0.0.1"),
        endpoint_slice("b", "10.0.0.2", ready=True),
        endpoint_slice("c", "10.0.0.3", ready=False),
    ]
    entry, endpoints = backend({"service": {"name": "web", "port": 80}, "hostHeader": "Upstream"}, KUBERNETES, *slices)

    assert "web.default.svc" == entry.host_header
    assert [("10.0.0.1", 8080, 1), ("10.0.0.2", 8080, 1)] == endpoints


def test_a_kubernetes_service_may_be_asked_by_the_name_of_its_port():
    """`port: http` is the port of that name; the Host of the upstream has its number where that isn't the scheme's."""
    other = KUBERNETES | {"spec": {"ports": [{"name": "http", "port": 8000}]}}
    upstream = {"service": {"name": "web", "port": "http"}, "hostHeader": "Upstream"}
    entry, endpoints = backend(upstream, other, endpoint_slice("a", "10.0.0.1"))

    assert ("web.default.svc:8000", [("10.0.0.1", 8080, 1)]) == (entry.host_header, endpoints)


@pytest.mark.parametrize("port", ["dns", "nothing"])
def test_a_name_is_that_of_a_tcp_port(port):
    """Another name is no port of the Service."""
    upstream = {"service": {"name": "web", "port": port}, "hostHeader": "Upstream"}

    assert [("app", "UpstreamNotFound")] == reasons(service(upstream=upstream), KUBERNETES)


@pytest.mark.parametrize(
    ("port", "message"),
    [
        ("80", "must be the name of a port, or its number without quotes"),
        ("Http", "must be the name of a port, or its number without quotes"),
        (0, "must be an integer >= 1"),
    ],
)
def test_a_port_is_a_number_or_a_name(port, message):
    """A number in quotes would be a name that no port has."""
    problems = compiled(service(upstream={"service": {"name": "web", "port": port}}), KUBERNETES).problems

    assert [("spec.upstream.service.port", message)] == [(it.field, it.message) for it in problems]


def test_a_udp_port_is_no_upstream():
    """HTTP needs TCP."""
    upstream = {"service": {"name": "web", "port": 53}}

    assert [("app", "UpstreamNotFound")] == reasons(service(upstream=upstream), KUBERNETES)


def test_without_a_ready_endpoint_there_is_a_warning_only():
    """It passes by itself, and the reference is right."""
    app = service(upstream={"service": {"name": "web", "port": 80}})
    assert [("app", "NoReadyEndpoint")] == reasons(app, KUBERNETES)


CERTIFICATE = Authority("a CA of a test").pem


def with_ca(kind, text, entry="ca.crt"):
    """The backend and the problems of a Service whose CA certificate is in such an object."""
    tls = {"caCertificateRef": {"kind": kind, "name": "ca", "key": "ca.crt"}}
    holder = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "ca"}}
    holder |= {"stringData" if kind == "Secret" else "data": {entry: text}}
    done = compiled(service(upstream={"url": "https://10.0.0.1", "tls": tls}), holder)
    return done.snapshot.backends[0], done.problems


@pytest.mark.parametrize("kind", ["Secret", "ConfigMap"])
def test_only_the_certificates_of_an_entry_are_published(kind):
    """A private key that stands beside them is not: routes travel in ConfigMaps."""
    key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
    found, problems = with_ca(kind, f"# what it is\n{key}{CERTIFICATE}{key}{CERTIFICATE}")

    assert ((), CERTIFICATE * 2) == (problems, found.tls.ca_pem)


@pytest.mark.parametrize(("entry", "text"), [("ca.crt", "hunter2"), ("ca.crt", ""), ("other", CERTIFICATE)])
def test_a_secret_without_the_certificate_is_told_as_one_that_does_not_exist(entry, text):
    """Whoever names it need not be allowed to read it."""
    _, (found,) = with_ca("Secret", text, entry)
    tls = {"caCertificateRef": {"kind": "Secret", "name": "ca", "key": "ca.crt"}}
    (missing,) = compiled(service(upstream={"url": "https://10.0.0.1", "tls": tls})).problems

    assert missing == found
