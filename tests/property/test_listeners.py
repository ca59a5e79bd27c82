"""Which route takes a request at a port of several listeners, against the standard's own words tried one by one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from heads import head
from postern_core.snapshot import PathMatch, Route, Snapshot
from postern_core.snapshot_listeners import Listener
from postern_dataplane.decision.decide import find_route, target_of
from postern_dataplane.request.denials import Denial
from postern_dataplane.table.routing_table import build_table

LABELS = st.sampled_from(["a", "b"])
NAMES = st.lists(LABELS, min_size=1, max_size=4).map(".".join)
PATTERNS = NAMES | NAMES.map("*.{}".format)
IDS = ("l0", "l1", "l2", "l3")


def takes(pattern: str, host: str) -> bool:
    """Gateway API: a wildcard takes one label or more."""
    if pattern in ("", "*"):
        return True
    return host.endswith(pattern[1:]) and host != pattern[2:] if pattern.startswith("*.") else pattern == host


def specificity(pattern: str) -> tuple[bool, int]:
    """An exact name before a wildcard, and a longer wildcard before a shorter one."""
    return not pattern.startswith("*") and pattern != "", len(pattern)


def expected(host: str, listeners: list[Listener], routes: list[Route]) -> str | None:
    """The most specific listener, and of its routes the one with the most specific host."""
    mine = [it for it in listeners if takes(it.hostname, host)]
    if not mine:
        return None
    listener = max(mine, key=lambda it: specificity(it.hostname))
    attached = [it for it in routes if not it.listeners or listener.id in it.listeners]
    found = [(specificity(pattern), it.id) for it in attached for pattern in it.hosts if takes(pattern, host)]
    if not found:
        return None
    best = max(rank for rank, _ in found)
    # Of several with one host and one path the first by name.
    return min(id_ for rank, id_ in found if rank == best)


@st.composite
def listeners_of_one_port(draw) -> list[Listener]:
    hostnames = draw(st.lists(PATTERNS | st.just(""), min_size=1, max_size=4, unique=True))
    return [Listener(id_, "HTTP", 80, 10080, hostname) for id_, hostname in zip(IDS, hostnames, strict=False)]


@st.composite
def some_routes(draw) -> list[Route]:
    attached = st.lists(st.sampled_from(IDS), max_size=2, unique=True).map(tuple)
    hosts = st.lists(PATTERNS | st.just("*"), min_size=1, max_size=2, unique=True).map(tuple)
    path = PathMatch(type="Prefix", value="/")
    return [
        Route(
            id=f"Route/n/{name}", namespace="n", name=name, created="", hosts=draw(hosts), paths=(path,), backend="b",
            service="n/s", listeners=draw(attached),
        )
        for name in "pqrs"[: draw(st.integers(0, 4))]
    ]  # fmt: skip


@given(NAMES, listeners_of_one_port(), some_routes())
def test_a_request_reaches_the_route_that_the_standard_names(host, listeners, routes):
    """Listeners are isolated from each other, and within one the most specific host decides."""
    table = build_table(Snapshot("default", routes=tuple(routes), listeners=tuple(listeners)), "")
    asked = head("/", host=host, port=table.ports[10080])
    row = find_route(asked, target_of(asked, table), table)
    assert expected(host, listeners, routes) == (None if isinstance(row, Denial) else row.entry.id)
