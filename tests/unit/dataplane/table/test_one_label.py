"""Wildcards that stand for one label, as those of an Ingress do."""

from __future__ import annotations

import pytest

from postern_core.snapshot import PathMatch, Route
from postern_dataplane.table.compiled import CompiledRoute
from postern_dataplane.table.virtual_hosts import VirtualHosts


def row(name, hosts=("*",), namespace="n", **fields):
    entry = Route(
        id=f"Route/n/{name}", namespace=namespace, name=name, created="", hosts=hosts,
        paths=(PathMatch(type="Prefix", value="/"),), backend="", service="", **fields,
    )  # fmt: skip
    return CompiledRoute(entry, None, None)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("a.x", ["one", "wide"]), ("a.b.x", ["wide"]), ("a.y", ["two"]), ("a.b.y", ["every"]), ("y", ["every"])],
)
def test_a_wildcard_may_stand_for_exactly_one_label(host, expected):
    """Beside one of the same name that stands for more; and nothing of the first is found where it stands for less."""
    one, two = row("one", hosts=("*.x",), is_one_label=True), row("two", hosts=("*.y",), is_one_label=True)
    hosts = VirtualHosts([one, two, row("wide", hosts=("*.x",)), row("every")])
    assert expected == [it.entry.name for it in hosts.find(host).rows]


@pytest.mark.parametrize("wide", ["*", "*.x"])
@pytest.mark.parametrize(("namespace", "below"), [("n", "wide"), ("other", None)])
def test_what_is_below_a_wildcard_of_one_label_is_no_other_namespaces(wide, namespace, below):
    """The owner of a wildcard owns all below it, and cookies of its hosts would reach another tenant."""
    rows = [row("narrow", hosts=("*.a.x",), is_one_label=True), row("wide", hosts=(wide,), namespace=namespace)]
    found = {host: VirtualHosts(rows).find(host) for host in ("b.a.x", "c.b.a.x", "d.c.b.a.x", "b.x")}
    names = {host: routes and routes.rows[0].entry.name for host, routes in found.items()}
    assert {"b.a.x": "narrow", "c.b.a.x": below, "d.c.b.a.x": below, "b.x": "wide"} == names


def test_a_wildcard_of_one_label_comes_and_goes():
    """What stands for more labels is as it was, and as it has become meanwhile."""
    one, wide, other = (
        row("one", hosts=("*.x",), is_one_label=True),
        row("wide", hosts=("*.x",)),
        row("a", hosts=("*.x",)),
    )
    hosts = VirtualHosts([wide]).with_changes([], [one]).with_changes([wide.entry], [other])
    assert (["a", "one"], ["a"]) == tuple([it.entry.name for it in hosts.find(it).rows] for it in ("b.x", "c.b.x"))
    hosts = hosts.with_changes([one.entry], [])
    assert hosts.find("b.x") is hosts.find("c.b.x")
    assert hosts.with_changes([other.entry], []).find("b.x") is None


@pytest.mark.parametrize(
    ("name", "host", "expected"),
    [("*.x", "a.x", True), ("*.x", "b.a.x", False), ("*.y", "b.a.y", True), ("*", "a.b", False), ("a.x", "a.x", False)],
)
def test_which_names_of_a_host_have_routes_is_known(name, host, expected):
    """A wildcard of one label is no name of what is deeper."""
    rows = [row("one", hosts=("*.x",), is_one_label=True), row("wide", hosts=("*.y",))]
    assert expected == VirtualHosts(rows).has(name, host)
