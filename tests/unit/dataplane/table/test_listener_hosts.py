"""Which hosts each listener has, as routes are attached to listeners, and let go again."""

from __future__ import annotations

import pytest

from heads import head
from postern_core.snapshot import PathMatch, Route, Snapshot
from postern_core.snapshot_listeners import Listener
from postern_dataplane.decision.decide import find_route, target_of
from postern_dataplane.request.denials import Denial
from postern_dataplane.table.diff import diff_snapshot
from postern_dataplane.table.routing_table import RoutingTable, build_table

LISTENERS = (
    Listener("any", "HTTP", 80, 10080),
    Listener("wild", "HTTP", 80, 10080, "*.example.com"),
    Listener("exact", "HTTP", 80, 10080, "a.example.com"),
)


def route(name: str, *hosts: str, listeners: tuple[str, ...] = ()) -> Route:
    path = PathMatch(type="Prefix", value="/")
    return Route(
        id=f"Route/n/{name}", namespace="n", name=name, created="", hosts=hosts, paths=(path,), backend="b",
        service="n/s", listeners=listeners,
    )  # fmt: skip


def taken(table: RoutingTable, host: str, number: int | None = 10080) -> str | None:
    """The name of the route that takes a request at a port, None where none does."""
    asked = head("/", host=host, port=None if number is None else table.ports[number])
    row = find_route(asked, target_of(asked, table), table)
    return None if isinstance(row, Denial) else row.entry.name


def table_of(*routes: Route, listeners: tuple[Listener, ...] = LISTENERS) -> RoutingTable:
    return build_table(Snapshot("default", routes=routes, listeners=listeners), "")


@pytest.mark.parametrize(
    ("host", "name"), [("a.example.com", None), ("b.example.com", "wild"), ("b.example.org", None)]
)
def test_a_request_belongs_to_the_most_specific_listener_alone(host, name):
    """A route of a wider listener is not reached where a more specific listener takes the host."""
    table = table_of(route("wild", "*.example.com", "*", listeners=("wild",)))
    assert name == taken(table, host)


def test_a_route_without_listeners_is_served_at_all_of_them():
    """Beside the routes that are attached, and at the port of the process's settings, where these are not."""
    table = table_of(route("everywhere", "*"), route("attached", "b.example.com", listeners=("wild",)))
    assert ["everywhere", "attached", "everywhere"] == [
        taken(table, "a.example.com"), taken(table, "b.example.com"), taken(table, "b.example.com", None)
    ]  # fmt: skip


def test_a_host_of_no_listener_is_not_served():
    """A port whose listeners all have a hostname serves nothing else."""
    table = table_of(route("everywhere", "*"), listeners=LISTENERS[1:])
    assert (None, "everywhere") == (taken(table, "b.example.org"), taken(table, "b.example.com"))


def test_changes_lead_to_the_same_hosts_as_a_whole_snapshot():
    """Routes are attached, moved and let go, and what is kept of a listener goes with its last route."""
    versions = [
        [route("one", "*")],
        [route("one", "*"), route("two", "b.example.com", listeners=("wild", "any"))],
        [route("one", "*"), route("two", "*.com", listeners=("any",))],
        [route("two", "*.com"), route("three", "*", listeners=("exact",))],
        [route("three", "*")],
    ]
    hosts = ["a.example.com", "b.example.com", "b.example.org", "x.com"]
    table, before = RoutingTable(), []
    for routes in versions:
        diff = diff_snapshot(
            table.entries, {"routes": before}, {"routes": routes, "listeners": () if before else LISTENERS}
        )
        table, before = table.with_changes(diff, gateway="default", digest=""), routes
        whole = table_of(*routes)
        assert [taken(whole, host) for host in hosts] == [taken(table, host) for host in hosts]
        assert whole.listener_hosts.keys() == table.listener_hosts.keys()
    assert {} == table.listener_hosts
