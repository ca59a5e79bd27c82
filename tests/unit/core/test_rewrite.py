"""The `rewrite` block: what of it is refused, and which filter it becomes."""

from __future__ import annotations

import pytest

from manifests import compiled, mistakes, route, service
from postern_core.snapshot_filters import Rewrite

PREFIX = {"path": {"type": "ReplacePrefixMatch", "value": "/x"}}
FULL = {"path": {"type": "ReplaceFullPath", "value": "/x"}}
HOST = {"hostname": "a.example"}


def of_route(service_spec=None, **route_spec):
    """What the one route of a Service at /v1 strips, and its rewrite."""
    [entry] = compiled(service(**{"pathPrefix": "/v1"} | (service_spec or {})), route(**route_spec)).snapshot.routes
    return entry.strip_prefix, next((it for it in entry.filters if isinstance(it, Rewrite)), None)


def test_a_service_replaces_its_own_prefix():
    """The prefix that is replaced is the pathPrefix, for each Route that has no rewrite of its own."""
    paths = [{"type": "Exact", "value": "/a"}, {"type": "Regex", "value": "/b+"}]
    assert ("/", Rewrite(path="/x", prefix="/v1")) == of_route({"rewrite": PREFIX}, paths=paths)
    assert ("/", Rewrite(path="/x")) == of_route({"rewrite": FULL}, paths=paths)


def test_a_route_replaces_the_prefix_of_its_path():
    """A Route's prefix is its Service's with its own behind it; without a path it is the Service's."""
    own = [{"type": "Prefix", "value": "/a/"}]
    assert ("/", Rewrite(path="/x", prefix="/v1/a")) == of_route(paths=own, rewrite=PREFIX)
    assert ("/", Rewrite(path="/x", prefix="/v1")) == of_route(rewrite=PREFIX)


def test_to_take_a_prefix_off_is_one_thing_in_two_spellings():
    """The rewrite that only takes the prefix off is stripPathPrefix, so both have the same entry."""
    off = {"path": {"type": "ReplacePrefixMatch", "value": "/"}}
    assert ("/v1", None) == of_route() == of_route({"rewrite": off})
    assert ("/v1/a", None) == of_route(paths=[{"type": "Prefix", "value": "/a"}], rewrite=off)
    assert ("/v1", Rewrite(hostname="a.example")) == of_route({"rewrite": off | HOST})


def test_without_a_path_the_prefix_is_stripped_as_ever():
    """A rewrite of the host alone leaves the path to stripPathPrefix."""
    assert ("/v1", Rewrite(hostname="a.example")) == of_route({"rewrite": HOST})
    assert ("/", Rewrite(hostname="a.example")) == of_route({"rewrite": HOST, "stripPathPrefix": False})


def test_a_block_of_a_route_replaces_that_of_the_service():
    """Nothing of the Service's block is inherited, and the empty block rewrites nothing."""
    both = {"rewrite": PREFIX | HOST}
    assert ("/", Rewrite(path="/x")) == of_route(both, rewrite=FULL)
    assert ("/v1", None) == of_route(both, rewrite={})


@pytest.mark.parametrize(
    "hostname",
    ["", "*.a.example", "a.example:80", "A.example", "a..example", "a.example\n", "a b", "[::1]", "ä.example"],
)
def test_a_host_is_one_name(hostname):
    """What is no host name can't get into the Host of a request."""
    assert ["spec.rewrite.hostname"] == list(mistakes(service(rewrite={"hostname": hostname})))


@pytest.mark.parametrize("kind", ["ReplaceFullPath", "ReplacePrefixMatch"])
@pytest.mark.parametrize("value", ["", "x", "//x", "/x/../y", "/%41", "/x?y", "/x#y", "/x y", "/ä", "/x\r\nX-A: b"])
def test_a_path_is_in_normal_form(kind, value):
    """An application reads the path that stands in the manifest, in one way."""
    assert ["spec.rewrite.path.value"] == list(mistakes(service(rewrite={"path": {"type": kind, "value": value}})))


@pytest.mark.parametrize(
    ("paths", "is_taken"),
    [
        ([], True),
        ([("Prefix", "/a")], True),
        ([("Exact", "/a")], False),
        ([("Regex", "/a+")], False),
        ([("Prefix", "/a"), ("Prefix", "/b")], False),
    ],
)
def test_only_one_prefix_can_be_replaced(paths, is_taken):
    """With several paths it is not said which one's prefix is meant; a whole path can always be replaced."""
    matches = [{"type": kind, "value": value} for kind, value in paths]
    found = list(mistakes(service(), route(paths=matches, rewrite=PREFIX)))
    assert ([] if is_taken else ["spec.rewrite.path"]) == found
    assert {} == mistakes(service(), route(paths=matches, rewrite=FULL))
    assert {} == mistakes(service(rewrite=PREFIX), route(paths=matches))


def test_a_prefix_is_not_both_kept_and_replaced():
    """The two spellings can't contradict each other."""
    assert ["spec.stripPathPrefix"] == list(mistakes(service(stripPathPrefix=False, rewrite=PREFIX)))
    assert {} == mistakes(service(stripPathPrefix=False, rewrite=HOST))


@pytest.mark.parametrize(
    ("prefix", "rewrite", "is_taken"),
    [("/v1", PREFIX, True), ("/", PREFIX, True), ("/v1", FULL, False), ("/", HOST, False), ("/v1", HOST, True)],
)
def test_what_was_replaced_can_be_put_back(prefix, rewrite, is_taken):
    """A prefix that was replaced can be put back, a whole path can't."""
    found = list(mistakes(service(restorePathPrefix=True, pathPrefix=prefix, rewrite=rewrite)))
    assert ([] if is_taken else ["spec.restorePathPrefix"]) == found
