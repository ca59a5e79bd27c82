"""The table: a whole snapshot made ready."""

from __future__ import annotations

import msgspec
import pytest

from heads import PROTECTED, head, outcome, table
from manifests import compiled, consumer, credential, secret, service
from postern_core.snapshot import Consumer, Credential, Route, Snapshot
from postern_dataplane.table.routing_table import build_table


def credential_of(namespace, created="", key="k", consumer_=True, since=0):
    return Credential(
        id=f"JWTCredential/{namespace}/c", namespace=namespace, name="c", created=created, key=key, algorithm="HS256",
        consumer=f"Consumer/{namespace}/{'c' if consumer_ else 'ghost'}", keys=(), since=since,
    )  # fmt: skip


def credentials_in(*entries):
    consumers = tuple(Consumer(id=f"Consumer/{it}/c", namespace=it, name="c") for it in ("a", "b", "c"))
    return build_table(Snapshot(gateway="g", consumers=consumers, credentials=entries), "digest").credentials


def test_a_table_says_what_it_is():
    """For the admin port."""
    found = table(*PROTECTED)
    assert ("digest", "default", 1) == (found.digest, found.gateway, found.routes)


def test_a_table_knows_the_labels_of_its_routes():
    """By namespace and name, and what refuses a host has its Service's."""
    refusal = Route(
        id="Service/a/b", namespace="a", name="b", created="", hosts=(), paths=(), backend="", service="", refusal="x"
    )  # fmt: skip
    refusing = build_table(Snapshot(gateway="g", routes=(refusal,)), "digest")
    found = table(*PROTECTED)
    (label,) = (f"{it.namespace}/{it.name}" for it in found.entries["routes"].values())
    assert [True, False, True] == [found.serves(label), found.serves("a/b"), refusing.serves("a/b")]


def test_an_empty_snapshot_has_no_routes():
    """An empty snapshot has no routes and refuses every request."""
    assert "no_route" == outcome(table(), head())


def test_an_upstream_has_its_endpoints():
    """By the same id; without any there is nothing to send to."""
    snapshot = compiled(*PROTECTED).snapshot
    without = msgspec.structs.replace(snapshot, endpoints=())
    counts = [len(build_table(it, "d").upstreams["Service/default/app"].endpoints) for it in (snapshot, without)]
    assert [1, 0] == counts
    assert "missing_token" == outcome(build_table(without, "d"), head())


def test_a_route_whose_backend_is_not_there_refuses():
    """It is no reason to fail the table."""
    snapshot = msgspec.structs.replace(compiled(service(), *PROTECTED[1:2]).snapshot, backends=(), policies=())
    routes = tuple(msgspec.structs.replace(it, policy=None) for it in snapshot.routes)
    assert "upstream_unavailable" == outcome(build_table(msgspec.structs.replace(snapshot, routes=routes), "d"), head())


def test_a_policy_that_is_not_there_fails_the_whole_table():
    """A route is never open because its policy got lost."""
    with pytest.raises(KeyError):
        build_table(msgspec.structs.replace(compiled(*PROTECTED).snapshot, policies=()), "d")


def test_credentials_of_one_key_are_in_order_of_age():
    """Of unknown age is younger than all; then the namespace decides."""
    found = credentials_in(
        credential_of("a"), credential_of("b", "2031-01-01T00:00:00Z"), credential_of("c", "2030-01-01T00:00:00Z")
    )
    assert ["c", "b", "a"] == [row.entry.namespace for row in found["k"]]


def test_a_credential_that_got_its_key_later_is_tried_later():
    """However old it is."""
    found = credentials_in(credential_of("a", "2030-01-01T00:00:00Z", since=1), credential_of("b"))
    assert ["b", "a"] == [row.entry.namespace for row in found["k"]]


def test_a_credential_without_its_consumer_counts_for_nobody():
    """Its tokens are refused."""
    assert {} == credentials_in(credential_of("a", consumer_=False))


def test_credentials_are_found_by_their_key():
    """Not by their name."""
    found = table(*PROTECTED[:3], credential(key="other"), consumer("bob"), secret())
    assert ["other"] == list(found.credentials)
