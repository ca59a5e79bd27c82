"""The split of a route, as the table has it."""

from __future__ import annotations

import msgspec

from heads import HOST, head, table
from manifests import compiled, route, service
from postern_core.codec import SECTIONS
from postern_core.snapshot_backend_refs import BackendRef
from postern_dataplane.decision.decide import decide
from postern_dataplane.decision.verification_cache import NullCache
from postern_dataplane.request.denials import UPSTREAM_UNAVAILABLE
from postern_dataplane.table.diff import diff_snapshot
from postern_dataplane.table.routing_table import build_table

ENDPOINTS = [{"address": "10.0.0.1", "port": 80}]


def split(*upstreams):
    return service(upstream=None, upstreams=list(upstreams))


def row_of(table_):
    [row] = table_.hosts.find(HOST).at("/")
    return row


def made(snapshot):
    return build_table(snapshot, "digest")


def test_backends_that_are_written_alike_share_the_row():
    """Of two Services of Kubernetes neither host nor path depends on which it is."""
    row = row_of(table(split({"endpoints": ENDPOINTS, "weight": 9}, {"endpoints": ENDPOINTS}), route()))
    assert ((9, 1), ()) == (row.split.weights, row.split.further_rows)
    assert [0, 0] == [choice.row for choice in row.split.choices]


def test_a_host_or_a_path_of_its_own_has_a_row_of_its_own():
    """Each way of writing once, however many backends have it."""
    row = row_of(
        table(split({"url": "http://a/x"}, {"url": "http://b"}, {"url": "http://b"}, {"url": "http://a/x/"}), route())
    )
    assert [0, 1, 1, 2] == [choice.row for choice in row.split.choices]
    rows = (row, *row.split.further_rows)
    assert [(b"a", "/x", ""), (b"b", "", "/"), (b"a", "/x", "/")] == [
        (it.authority, it.path_prefix, it.root) for it in rows
    ]


def test_what_cannot_be_used_keeps_its_share():
    """A backend without endpoints, one with a refusal, and a share with a refusal of its own."""
    snapshot = compiled(split(*[{"endpoints": ENDPOINTS}] * 3), route()).snapshot
    first, second, third = snapshot.backends
    backends = (msgspec.structs.replace(first, refusal="no"), second, third)
    endpoints = (snapshot.endpoints[0], msgspec.structs.replace(snapshot.endpoints[1], endpoints=()))
    snapshot = msgspec.structs.replace(snapshot, backends=backends, endpoints=(*endpoints, snapshot.endpoints[2]))
    row = row_of(made(snapshot))
    assert [False, False, True] == [choice.upstream is not None for choice in row.split.choices]
    assert third.id == row.upstream.id
    refs = tuple(msgspec.structs.replace(it, refusal="no") for it in snapshot.routes[0].backends)
    routes = (msgspec.structs.replace(snapshot.routes[0], backends=refs),)
    assert row_of(made(msgspec.structs.replace(snapshot, routes=routes))).upstream is None


def test_a_split_without_any_weight_is_unavailable():
    """No request may be sent anywhere; the data plane does not rely on the check of the manifest."""
    snapshot = compiled(split(*[{"endpoints": ENDPOINTS}] * 2), route()).snapshot
    refs = tuple(BackendRef(backend=it.backend, weight=0) for it in snapshot.routes[0].backends)
    routes = (msgspec.structs.replace(snapshot.routes[0], backends=refs),)
    table_ = made(msgspec.structs.replace(snapshot, routes=routes))
    assert UPSTREAM_UNAVAILABLE is decide(head(), table_, NullCache(), 0.0).denial


def test_the_row_follows_each_of_its_backends():
    """An endpoint of the last one that changes makes the row anew, and leaves those of other routes."""
    snapshot = compiled(split(*[{"endpoints": ENDPOINTS}] * 2), route()).snapshot
    before = made(snapshot)
    changed = msgspec.structs.replace(snapshot.endpoints[1], endpoints=())
    now = msgspec.structs.replace(snapshot, endpoints=(snapshot.endpoints[0], changed))
    sections = {name: getattr(now, name) for name in SECTIONS}
    previous = {name: getattr(snapshot, name) for name in SECTIONS}
    after = before.with_changes(diff_snapshot(before.entries, previous, sections), gateway="default", digest="new")
    assert [True, False] == [choice.upstream is not None for choice in row_of(after).split.choices]


def changing(name, value):
    return {"requestHeaders": {"set": [{"name": name, "value": value}]}}


def test_filters_of_a_backend_have_a_row_of_their_own():
    """Backends that change the same share it, and a single one has it as well."""
    one, other = changing("X-Version", "1"), changing("X-Version", "2")
    table_ = table(split(*({"endpoints": ENDPOINTS} | it for it in ({}, one, other, one))), route())
    row = row_of(table_)
    assert [0, 1, 2, 1] == [choice.row for choice in row.split.choices]
    rows = (row, *row.split.further_rows)
    assert [b"", b"X-Version: 1\r\n", b"X-Version: 2\r\n"] == [it.added for it in rows]
    single = row_of(table(split({"endpoints": ENDPOINTS} | one), route()))
    assert (b"X-Version: 1\r\n", ()) == (single.added, single.split.further_rows)


def test_a_copy_has_no_filter_of_a_backend():
    """A mirror gets the same copy whichever backend gets the request."""
    both = [{"endpoints": ENDPOINTS} | changing("X-Version", value) for value in "12"]
    row = row_of(table(service(upstream=None, upstreams=both, mirrors=[{"endpoints": ENDPOINTS}]), route()))
    [mirror] = row.split.mirrors
    assert ([0, 1], 2) == ([choice.row for choice in row.split.choices], mirror.row)
    assert b"" == row.split.further_rows[1].added
