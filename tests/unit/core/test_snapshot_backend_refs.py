"""The shares of a route in the snapshot."""

from __future__ import annotations

import msgspec
import pytest

from manifests import compiled, route, service
from postern_core.snapshot import Route
from postern_core.snapshot_backend_refs import BackendRef

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
