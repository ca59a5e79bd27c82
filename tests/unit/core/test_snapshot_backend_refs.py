"""The shares of a route in the snapshot."""

from __future__ import annotations

import re

import msgspec
import pytest

from manifests import compiled, mistakes, route, service
from postern_core.snapshot import Route
from postern_core.snapshot_backend_refs import BackendRef
from postern_core.snapshot_filters import HeaderField, RequestHeaders, ResponseHeaders

SET = {"set": [{"name": "X-A", "value": "1"}]}
TWO = [{"url": "http://a", "weight": 9}, {"url": "http://b"}]


@pytest.mark.parametrize("given", [{}, {"upstream": None, "upstreams": [{"url": "http://a", "weight": 3}]}])
def test_a_route_with_one_backend_has_no_shares_in_its_bytes(given):
    """What does not use the field keeps its bytes, so that older readers take it."""
    snapshot = compiled(service(**given), route()).snapshot
    [entry] = snapshot.routes
    assert b"backends" not in msgspec.json.encode(entry)
    assert [entry.backend] == [backend.id for backend in snapshot.backends]


def test_shares_are_read_strictly():
    """A field that is not known makes a reader refuse the route."""
    entry = compiled(service(upstream=None, upstreams=TWO), route()).snapshot.routes[0]
    content = msgspec.json.encode(entry)
    assert entry == msgspec.json.decode(content, type=Route)
    expected = (BackendRef(backend="Service/default/app", weight=9), BackendRef(backend="Service/default/app/1"))
    assert expected == entry.backends
    for wrong in (content.replace(b'"weight":9', b'"weight":9,"x":1'), content.replace(b'"weight"', b'"wait"')):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(wrong, type=Route)


def test_filters_of_upstreams_are_of_their_shares():
    """An upstream that changes fields has a share even where it is the only one; empty blocks change nothing."""
    changing = [{"url": "http://a", "requestHeaders": SET, "responseHeaders": {"remove": ["Server"]}}]
    [entry] = compiled(service(upstream=None, upstreams=changing), route()).snapshot.routes
    filters = (RequestHeaders(set=(HeaderField("X-A", "1"),)), ResponseHeaders(remove=("server",)))
    assert (BackendRef(backend="Service/default/app", filters=filters),) == entry.backends
    assert entry == msgspec.json.decode(msgspec.json.encode(entry), type=Route)
    empty = [{"url": "http://a", "requestHeaders": {}, "responseHeaders": {"set": []}}]
    assert () == compiled(service(upstream=None, upstreams=empty), route()).snapshot.routes[0].backends


def test_no_other_filter_is_of_a_share():
    """A reader refuses a share that would redirect or rewrite, as it would do neither."""
    changing = [{"url": "http://a", "requestHeaders": SET}]
    [entry] = compiled(service(upstream=None, upstreams=changing), route()).snapshot.routes
    content = msgspec.json.encode(entry)
    for other in (b'{"type":"Redirect","port":1}', b'{"type":"Rewrite","hostname":"a"}'):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(re.sub(rb'\{"type":"RequestHeaders".*?\]\}', other, content), type=Route)


@pytest.mark.parametrize(("block", "name"), [("requestHeaders", "x_consumer.username"), ("responseHeaders", "Date")])
def test_an_upstream_says_nothing_of_what_only_the_gateway_says(block, name):
    """The checks of a Service's own blocks hold for those of its upstreams."""
    at = f"spec.upstreams[1].{block}"
    two = [{"url": "http://a"}, {"url": "http://b", block: {"remove": [name]}}]
    assert [f"{at}.remove[0]"] == list(mistakes(service(upstream=None, upstreams=two)))
    two[1][block] = SET | {"remove": ["x-a"]}
    assert [at] == list(mistakes(service(upstream=None, upstreams=two)))
