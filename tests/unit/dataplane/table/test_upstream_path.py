"""What becomes of a path on its way upstream."""

from __future__ import annotations

import pytest

from heads import head, sent, table
from manifests import route, service
from postern_core.snapshot import Backend, Route
from postern_core.snapshot_filters import Rewrite
from postern_dataplane.table.upstream_path import upstream_path


def entry(**fields):
    return Route("r", "n", "r", "", (), (), "b", "s", **fields)


# Gateway API, HTTPPathModifier.replacePrefixMatch: request path, prefix match, replacement, modified path.
TABLE = [
    ("/foo/bar", "/foo", "/xyz", "/xyz/bar"),
    ("/foo/bar", "/foo", "/xyz/", "/xyz/bar"),
    ("/foo/bar", "/foo/", "/xyz", "/xyz/bar"),
    ("/foo/bar", "/foo/", "/xyz/", "/xyz/bar"),
    ("/foo", "/foo", "/xyz", "/xyz"),
    ("/foo/", "/foo", "/xyz", "/xyz/"),
    ("/foo/bar", "/foo", "/", "/bar"),
    ("/foo/", "/foo", "/", "/"),
    ("/foo", "/foo", "/", "/"),
    # What it leaves open.
    ("/foo", "/foo", "/xyz/", "/xyz/"),
    ("/foo/", "/foo", "/xyz/", "/xyz/"),
    ("/foo", "/", "/xyz", "/xyz/foo"),
    ("/", "/", "/xyz", "/xyz/"),
    ("/foo", "/", "/", "/foo"),
]


def asked_for(target, *manifests):
    return sent(table(*manifests), head(target))[0]


@pytest.mark.parametrize(("path", "prefix", "value", "expected"), TABLE)
def test_a_prefix_is_replaced_as_gateway_api_has_it(path, prefix, value, expected):
    """On a Service its pathPrefix is replaced, on a Route the prefix of its path, and the query stays."""
    block = {"path": {"type": "ReplacePrefixMatch", "value": value}}
    whole = [service(rewrite=block, pathPrefix=prefix), route()]
    below = [service(), route(paths=[{"type": "Prefix", "value": prefix}], rewrite=block)]
    for manifests in (whole, below):
        assert f"{expected}?a=/foo" == asked_for(f"{path}?a=/foo", *manifests)


@pytest.mark.parametrize(("path", "prefix", "value", "expected"), TABLE)
def test_a_replaced_prefix_stands_below_the_path_of_the_upstream(path, prefix, value, expected):
    """The path of the upstream's URL comes first, as without a rewrite."""
    block = {"path": {"type": "ReplacePrefixMatch", "value": value}}
    upstream = {"url": "http://127.0.0.1:18080/base/"}
    assert f"/base{expected}" == asked_for(path, service(upstream=upstream, pathPrefix=prefix, rewrite=block), route())


@pytest.mark.parametrize(
    ("url", "value", "expected"),
    [
        ("", "/x", "/x"),
        ("", "/", "/"),
        ("/base", "/x/", "/base/x/"),
        ("/base", "/", "/base"),
        ("/base/", "/", "/base/"),
    ],
)
def test_a_whole_path_is_replaced_whatever_it_was(url, value, expected):
    """The query stays, and the path of the upstream's URL comes first."""
    block = {"path": {"type": "ReplaceFullPath", "value": value}}
    served = [service(upstream={"url": f"http://127.0.0.1:18080{url}"}, pathPrefix="/v1", rewrite=block), route()]
    assert [expected, expected, f"{expected}?q"] == [asked_for(it, *served) for it in ("/v1", "/v1/a/b", "/v1/?q")]


def test_what_is_taken_off_is_announced_and_what_is_replaced_is_not():
    """An application can put X-Forwarded-Prefix before its own paths only where nothing came in its place."""
    backend = Backend("b")
    assert "/v1" == upstream_path(entry(strip_prefix="/v1"), backend).announced
    for rewrite in (Rewrite(path="/v2", prefix="/v1"), Rewrite(path="/v2")):
        assert "" == upstream_path(entry(filters=(rewrite,)), backend).announced
    assert "/v1" == upstream_path(entry(filters=(Rewrite(path="/", prefix="/v1"),)), backend).announced


def test_the_rewritten_host_comes_before_the_upstream_s():
    """A route says by a filter which host its requests are for, and only without one its backend does."""
    backend = Backend("b", host_header="upstream.example")
    rewrite = (Rewrite(hostname="a.example"),)
    assert "a.example" == upstream_path(entry(filters=rewrite), backend).authority
    assert ("upstream.example", None) == (
        upstream_path(entry(), backend).authority,
        upstream_path(entry(), None).authority,
    )
