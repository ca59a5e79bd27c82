"""TLS to the upstream: whose certificates are taken, under which name, and what the upstream is asked for."""

from __future__ import annotations

import hashlib
import subprocess

import pytest

import manifests
import raw
from certificates import Authority
from gateway import POSTERN
from upstream_behaviours import Download


@pytest.fixture(scope="module")
def authority():
    return Authority("test CA")


@pytest.fixture(scope="module")
def module_upstream(start_upstream, authority, tmp_path_factory):
    """An upstream over TLS, as 127.0.0.1 and inner.example.com."""
    folder = tmp_path_factory.mktemp("tls")
    return start_upstream(tls=authority.server_context(folder, "127.0.0.1", "inner.example.com", "localhost"))


@pytest.fixture(scope="module")
def ended_upstream(start_upstream, authority, tmp_path_factory):
    """An upstream whose certificate has ended."""
    return start_upstream(tls=authority.server_context(tmp_path_factory.mktemp("tls"), "127.0.0.1", ended=True))


@pytest.fixture(scope="module")
def gateway(start_gateway, module_upstream, ended_upstream, authority):
    """A gateway with a Service for each way to verify."""
    ours, other = {"caCertificateRef": {"name": "ours"}}, {"caCertificateRef": {"name": "other"}}
    served = [
        certificates("ours", authority),
        certificates("other", Authority("another CA")),
        *served_at("own-ca", module_upstream.url, ours),
        *served_at("by-name", module_upstream.url.replace("127.0.0.1", "localhost"), ours),
        *served_at("server-name", module_upstream.url, ours | {"serverName": "inner.example.com"}),
        *served_at("wrong-name", module_upstream.url, ours | {"serverName": "elsewhere.example.com"}),
        *served_at("other-ca", module_upstream.url, other),
        *served_at("system-cas", module_upstream.url, None),
        *served_at("unverified", module_upstream.url, {"insecureSkipVerify": True}),
        *served_at("ended", ended_upstream.url, ours),
        *served_at("plain", module_upstream.url.replace("https", "http"), None),
    ]
    return start_gateway(served, "--access-log", "on")


def certificates(name, authority):
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default"},
        "data": {"ca.crt": authority.pem},
    }


def served_at(name, url, tls):
    spec = {"url": url} | ({"tls": tls} if tls else {})
    return [
        manifests.service(name, hosts=[f"{name}.example.com"], upstream=spec),
        manifests.route(name, serviceRef={"name": name}),
    ]


def ask(gateway, name, target="/"):
    return raw.ask(gateway.listen, raw.request(target, host=f"{name}.example.com"))


@pytest.mark.parametrize(
    ("name", "asked_for"),
    [("own-ca", None), ("by-name", "localhost"), ("server-name", "inner.example.com"), ("unverified", None)],
)
def test_a_good_certificate_is_taken(name, asked_for, gateway, upstream):
    """The request goes through, and the upstream was asked for the name that the Service says (SNI); no IP is one."""
    assert 200 == ask(gateway, name).status
    assert [asked_for] == upstream.server_names
    assert upstream.requests[0].fields["host"] == f"{'localhost' if name == 'by-name' else '127.0.0.1'}:{upstream.port}"


FAILURES = {
    "wrong-name": "certificate_name",
    "other-ca": "certificate_untrusted",
    "system-cas": "certificate_untrusted",
    "ended": "certificate_date",
}


@pytest.mark.parametrize("name", [*FAILURES, "plain"])
def test_a_bad_certificate_is_a_bad_gateway(name, gateway, upstream):
    """502, and no request has left the gateway over a connection that wasn't verified."""
    answer = ask(gateway, name)
    assert (502, "Bad gateway") == (answer.status, answer.message)
    assert [] == upstream.requests


@pytest.mark.parametrize(("name", "kind"), FAILURES.items())
def test_upstream_tls_failures_say_what_failed(name, kind, gateway):
    """Certificate, name, CA or date: in the access log, in the metric, in the log, and in `explain`."""
    ask(gateway, name)
    counted = {"upstream": f"Service/default/{name}", "kind": kind}
    raw.until(lambda: gateway.metric("postern_upstream_errors_total", **counted) >= 2, "two attempts in the metric")
    raw.until(lambda: f'"reason":"upstream_{kind}"' in gateway.out.read_text(), "the reason in the access log")
    (line,) = [it for it in gateway.said().splitlines() if "TLS to an upstream failed" in it and f"/{name}" in it]
    assert kind in line
    asked = [POSTERN, "explain", "--connect", gateway.manifests, "--", "GET", f"http://{name}.example.com/"]
    assert f"[{kind}]" in subprocess.run(asked, capture_output=True, text=True, check=True).stdout


def test_a_verified_connection_is_kept(gateway, upstream):
    """The next request needs no handshake."""
    assert [200, 200] == [ask(gateway, "own-ca").status for _ in range(2)]
    assert upstream.requests[0].connection == upstream.requests[1].connection


def test_a_kept_connection_does_not_outlive_its_trust(start_gateway, module_upstream, authority, upstream):
    """When other CAs are to be trusted, the next request is verified by them."""
    name, url = "own-ca", module_upstream.url
    served = [certificates("ours", authority), *served_at(name, url, {"caCertificateRef": {"name": "ours"}})]
    gateway = start_gateway(served)
    assert 200 == ask(gateway, name).status
    gateway.serve([certificates("ours", Authority("another CA")), *served[1:]])
    assert 502 == ask(gateway, name).status
    assert 1 == len(upstream.requests)


def test_a_large_body_comes_over_tls(gateway, upstream):
    """16 MiB come through whole."""
    upstream.on("/down", Download(2**24))
    answer = ask(gateway, "own-ca", "/down")
    whole = hashlib.sha256(bytes(range(256)) * 2**16).hexdigest()
    assert whole == hashlib.sha256(answer.body).hexdigest()
