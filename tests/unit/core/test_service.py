"""What can be wrong with a Service by itself."""

import pytest

from manifests import mistakes, service


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("httpbin.org", "absolute"),
        ("ftp://httpbin.org", "absolute"),
        ("http://", "absolute"),
        ("http://a:b@httpbin.org", "user"),
        ("http://httpbin.org?x", "query"),
        ("http://httpbin.org/#x", "query"),
        ("http://httpbin.org:0", "port 0"),
        ("http://httpbin.org:99999", "can't be read"),
        ("http://[::1", "can't be read"),
        ("http://exämple.org", "can't be read"),
        ("http://a b", "can't be read"),
        ("http://a/x/../y", "normal form"),
    ],
)
def test_a_url_that_is_no_upstream_is_refused(url, word):
    """Each with what is wrong about it."""
    assert word in mistakes(service(upstream={"url": url}))["spec.upstream.url"]


@pytest.mark.parametrize("url", ["http://a", "https://a.example:8443/base/", "http://[::1]:80", "http://127.0.0.1"])
def test_a_url_that_is_one_is_taken(url):
    """With port, path or address."""
    assert {} == mistakes(service(upstream={"url": url}))


@pytest.mark.parametrize("upstream", [{}, {"url": "http://a", "endpoints": [{"address": "a", "port": 1}]}])
def test_there_is_exactly_one_kind_of_upstream(upstream):
    """None is as wrong as two."""
    assert "exactly one of" in mistakes(service(upstream=upstream))["spec.upstream"]


@pytest.mark.parametrize("prefix", ["v1", "/v1/../v2", "/v1//v2", "/%76", "/v%2", "/a b", "/ä"])
def test_a_prefix_that_no_request_could_have_is_refused(prefix):
    """Requests are compared in normal form."""
    assert "spec.pathPrefix" in mistakes(service(pathPrefix=prefix))


def test_an_encoded_slash_in_the_prefix_needs_keep():
    """Reject would refuse every request to it."""
    assert "spec.pathPrefix" in mistakes(service(pathPrefix="/a%2Fb"))
    assert {} == mistakes(service(pathPrefix="/a%2Fb", encodedSlashes="Keep"))


@pytest.mark.parametrize(
    ("prefix", "field"),
    [("/a;b", "pathParameters"), ("/a%3Bb", "pathParameters"), ("/a%252eb", "doubleEncoding")],
)
def test_what_is_refused_in_a_path_can_not_be_in_the_prefix(prefix, field):
    """The option to refuse path parameters and double encoding would refuse every request to it."""
    assert "spec.pathPrefix" in mistakes(service(pathPrefix=prefix, **{field: "Reject"}))
    assert {} == mistakes(service(pathPrefix=prefix))


@pytest.mark.parametrize("where", [{}, {"pathPrefix": "/v1", "stripPathPrefix": False}])
def test_only_a_prefix_that_is_taken_off_can_be_restored(where):
    """Elsewhere the option would promise what never happens."""
    assert "spec.restorePathPrefix" in mistakes(service(restorePathPrefix=True, **where))
    assert {} == mistakes(service(restorePathPrefix=True, pathPrefix="/v1"))


def test_several_endpoints_have_no_one_name():
    """Several endpoints have no common name for Host or for the certificate."""
    endpoints = [{"address": "10.0.0.1", "port": 443}, {"address": "10.0.0.2", "port": 443}]
    upstream = {"endpoints": endpoints, "hostHeader": "Upstream", "tls": {}}

    found = mistakes(service(upstream=upstream))

    assert ["spec.upstream.hostHeader", "spec.upstream.tls.serverName"] == sorted(found)


@pytest.mark.parametrize(
    ("upstream", "field"),
    [
        ({"url": "http://a", "tls": {}}, "spec.upstream.tls"),
        ({"url": "https://a", "tls": {"serverName": "*.a"}}, "spec.upstream.tls.serverName"),
        ({"url": "http://a", "timeouts": {"idle": "0s"}}, "spec.upstream.timeouts.idle"),
        ({"endpoints": [{"address": "a", "port": 1, "weight": 0}]}, "spec.upstream.endpoints"),
    ],
)
def test_what_could_never_work_is_refused(upstream, field):
    """Early, and where it is."""
    assert [field] == list(mistakes(service(upstream=upstream)))
