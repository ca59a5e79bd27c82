"""The overview as a tree."""

from __future__ import annotations

from dataclasses import replace

import click
import pytest

from postern_cli.cluster.installation import Leader, Published
from postern_cli.cluster.overview import ObjectState, Overview
from postern_cli.cluster.pods import Pod
from postern_cli.cluster.tree import as_tree

HELD = Leader("postern-system", is_held=True, holder="host_1", renewed_s_ago=1)


def state(kind, name="app", parent="", *trouble, gateways=(), about=""):
    return ObjectState(kind, "demo", name, not trouble, trouble, (), gateways, parent, about)


def lines(leader=HELD, gateways=(), objects=(), left_out=()):
    overview = Overview(False, leader, tuple(gateways), tuple(objects), tuple(left_out))
    return [click.unstyle(line) for line in as_tree(overview)]


def published(*pods, digest="d" * 64, **unknown):
    return Published("default", "gw", digest, pods, **unknown)


def test_everything_hangs_where_it_belongs():
    """Routes below services below gateways, credentials below consumers."""
    objects = [
        state("Service", gateways=("default",)),
        state("Route", "a", "app"),
        state("Route", "b", "app", "Invalid: wrong", "Pending"),
        state("Consumer", "alice"),
        state("JWTCredential", "alice", "alice", about="key k, HS256"),
    ]
    pod = Pod("p", "10.0.0.1", 9081, is_ready=True, digest="d" * 64)
    assert [
        "Operator, Lease postern-system/postern-operator: held by host_1, renewed 1 s ago",
        "Gateway default, namespace gw: dddddddddddd is published, 1 of 1 ready pod serves it",
        "├── Pod p (10.0.0.1:9081): serves dddddddddddd",
        "└── Service demo/app: Ready",
        "    ├── Route demo/a: Ready",
        "    └── Route demo/b: Invalid: wrong; Pending",
        "Consumers",
        "└── Consumer demo/alice: Ready",
        "    └── JWTCredential demo/alice (key k, HS256): Ready",
        "Not all is well: 1 of 5 objects not ready.",
    ] == lines(gateways=[published(pod)], objects=objects)


def test_what_hangs_nowhere_is_shown_too():
    """It is what somebody looks for."""
    objects = [
        state("Service", gateways=("other",)),
        state("Route", "lost", "nowhere"),
        state("JWTCredential", "lost", "nobody"),
    ]
    told = lines(gateways=[published()], objects=objects)
    assert ["Services of no gateway", "└── Service demo/app: Ready"] == told[2:4]
    assert ["Routes without a Service", "└── Route demo/lost: Ready"] == told[4:6]
    assert ["Credentials without a Consumer", "└── JWTCredential demo/lost: Ready"] == told[6:8]


@pytest.mark.parametrize(
    ("leader", "told"),
    [
        (Leader("ns"), "not held: no operator acts"),
        (Leader("ns", holder="a", renewed_s_ago=99), "not held; last renewed 99 s ago: no operator acts"),
        (Leader("ns", unknown="403 Forbidden"), "unknown (403 Forbidden)"),
    ],
)
def test_the_lease_is_told(leader, told):
    """Whether somebody acts, or why nobody knows."""
    assert f"Operator, Lease ns/postern-operator: {told}" == lines(leader)[0]


def test_what_the_operator_cannot_read_is_told_below_it():
    """One of several watched namespaces is forbidden: it goes on as it was, and not all is well."""
    lost = "routes of postern.dev/v1alpha1 in namespace lost: 403 Forbidden"
    told = lines(replace(HELD, unreadable=(lost,)))
    assert f"└── can't read {lost}; it is served as it was" == told[1]
    assert told[-1].startswith("Not all is well")


@pytest.mark.parametrize(
    ("gateway", "told"),
    [
        (published(digest=""), "nothing is published there"),
        (published(digest="", unknown="403 Forbidden"), "unknown (403 Forbidden)"),
        (published(pods_unknown="403 Forbidden"), "dddddddddddd is published, its pods are unknown (403 Forbidden)"),
        (published(), "dddddddddddd is published, no pod is ready"),
    ],
)
def test_a_gateway_is_told(gateway, told):
    """What is published, and whether it is served."""
    assert f"Gateway default, namespace gw: {told}" == lines(gateways=[gateway])[1]


@pytest.mark.parametrize(
    ("pod", "told"),
    [
        (Pod("p", "10.0.0.1", 1, is_ready=True, digest="e" * 64), "Pod p (10.0.0.1:1): serves eeeeeeeeeeee"),
        (Pod("", "fd00::1", 1, is_ready=True), "Address [fd00::1]:1: serves nothing yet, or its workers differ"),
        (Pod("p", "10.0.0.1", 1, is_ready=False, unknown="502"), "Pod p (10.0.0.1:1), not ready: unknown (502)"),
    ],
)
def test_a_pod_is_told(pod, told):
    """What it serves, or why nobody knows."""
    assert f"└── {told}" == lines(gateways=[published(pod)])[2]


def test_what_could_steer_a_terminal_is_escaped():
    """A status is somebody's text."""
    assert r"└── Consumer demo/a: \x1b[2J" in lines(objects=[state("Consumer", "a", "", "\x1b[2J")])


def test_what_was_left_out_is_told():
    """Before the sum."""
    assert "Left out: Route of demo (403 Forbidden)." == lines(left_out=["Route of demo (403 Forbidden)"])[-2]


def test_a_good_end_is_said():
    """In one line."""
    overview = Overview(True, HELD, (), (state("Consumer", "a"),))
    assert "All is well: 1 object." == click.unstyle(list(as_tree(overview))[-1])
