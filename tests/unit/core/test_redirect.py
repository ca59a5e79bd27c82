"""The `redirect` block: what of it is refused, and which filter it becomes."""

from __future__ import annotations

import pytest

from manifests import compiled, mistakes, route, service
from postern_core.lint import LINTS
from postern_core.lints.redirect import redirect_leads_nowhere
from postern_core.snapshot_filters import Redirect

PREFIX = {"path": {"type": "ReplacePrefixMatch", "value": "/x"}}


def of_route(service_spec=None, **route_spec):
    """The redirect of the one route of a Service at /v1."""
    [entry] = compiled(service(**{"pathPrefix": "/v1"} | (service_spec or {})), route(**route_spec)).snapshot.routes
    return next((it for it in entry.filters if isinstance(it, Redirect)), None)


def test_what_is_not_given_stays():
    """Each part of an address is replaced by itself, and 302 is the status that promises least."""
    assert Redirect(scheme="https") == of_route(redirect={"scheme": "https"})
    assert Redirect(hostname="a.example", port=8443, status=308) == of_route(
        redirect={"hostname": "a.example", "port": 8443, "statusCode": 308}
    )


def test_a_prefix_is_that_of_the_service_or_of_the_route():
    """A redirect replaces the prefix that a rewrite would replace."""
    own = [{"type": "Prefix", "value": "/a"}]
    assert Redirect(path="/x", prefix="/v1") == of_route({"redirect": PREFIX}, paths=own)
    assert Redirect(path="/x", prefix="/v1/a") == of_route(paths=own, redirect=PREFIX)
    assert Redirect(path="/x") == of_route(paths=own, redirect={"path": {"type": "ReplaceFullPath", "value": "/x"}})


def test_a_block_of_a_route_replaces_that_of_the_service():
    """Nothing of the Service's block is inherited, and the empty block redirects nothing."""
    whole = {"redirect": {"scheme": "https", "statusCode": 308}}
    assert Redirect(port=81) == of_route(whole, redirect={"port": 81})
    assert of_route(whole, redirect={}) is None
    assert of_route() is None


def test_a_status_alone_is_warned_about():
    """A redirect that keeps all of the address is none, and whoever wrote a status meant one."""
    assert redirect_leads_nowhere.__name__ in LINTS
    assert ["spec.redirect"] == list(mistakes(service(), route(redirect={"statusCode": 301})))
    assert {} == mistakes(service(), route(redirect={}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("scheme", "ftp"), ("scheme", "HTTPS"), ("scheme", "javascript"), ("hostname", "*.a.example"),
        ("hostname", "a.example/x"), ("hostname", "a.example:80"), ("hostname", "a@b.example"), ("hostname", ""),
        ("hostname", "a.example\r\nX-A: b"), ("port", 0), ("port", 65536), ("statusCode", 200), ("statusCode", 304),
        ("status", 302),
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(field, value):
    """No value can put more into Location than the part that it stands for."""
    assert [f"spec.redirect.{field}"] == list(mistakes(service(redirect={field: value})))


@pytest.mark.parametrize("value", ["//evil.example", "x", "/\\evil.example", "/x?y", "/x#y", "/x\r\nX-A: b", "/a/../b"])
def test_a_path_is_in_normal_form(value):
    """A path of two slashes would be a host to a client that reads it as a reference."""
    found = mistakes(service(redirect={"path": {"type": "ReplaceFullPath", "value": value}}))
    assert ["spec.redirect.path.value"] == list(found)


def test_a_redirect_needs_no_upstream():
    """A Service whose Kubernetes Service is gone still sends its clients elsewhere, and serves nothing else."""
    gone = service(upstream={"service": {"name": "gone", "port": 80}})
    for documents in ([gone, route(redirect={"scheme": "https"})], [gone, route()]):
        [entry] = compiled(*documents).snapshot.routes
        assert ("redirect" in documents[1]["spec"]) == (not entry.refusal)
    broken = service(upstream={"url": "ftp://a"}, redirect={"scheme": "https"})
    [entry] = compiled(broken, route()).snapshot.routes
    assert entry.refusal
