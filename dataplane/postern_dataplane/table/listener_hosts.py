"""The hosts of each listener that routes are attached to; all other listeners have the hosts of the whole table.

A request belongs to one listener, the most specific one of its port, and is looked up among that one's hosts alone:
so that no route of another listener is ever in its way, whatever hosts the two have in common.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from postern_core.snapshot import Route

from .compiled import CompiledRoute
from .virtual_hosts import VirtualHosts


@dataclass(frozen=True, slots=True)
class AttachedHosts:
    """The hosts of one listener: those of `count` routes that are attached to it, and of all that are to none."""

    hosts: VirtualHosts
    count: int


# By the id of a listener.
ListenerHosts = Mapping[str, AttachedHosts]


@dataclass(frozen=True, slots=True)
class RouteChanges:
    """The routes that are gone, and the rows of those that have come."""

    removed: list[Route]
    added: list[CompiledRoute]

    @property
    def everywhere(self) -> tuple[list[Route], list[CompiledRoute]]:
        """Those that are attached to no listener, so that every port has them."""
        return [it for it in self.removed if not it.listeners], [it for it in self.added if not it.entry.listeners]

    @property
    def is_attached(self) -> bool:
        return any(it.listeners for it in self.removed) or any(it.entry.listeners for it in self.added)


def with_listener_hosts(before: ListenerHosts, hosts: VirtualHosts, changes: RouteChanges) -> ListenerHosts:
    """The hosts of each listener after a change; `hosts` are those of the routes that are attached to none."""
    if not before and not changes.is_attached:
        return before
    removed_from: dict[str, list[Route]] = defaultdict(list)
    added_to: dict[str, list[CompiledRoute]] = defaultdict(list)
    for route in changes.removed:
        for id_ in route.listeners:
            removed_from[id_].append(route)
    for row in changes.added:
        for id_ in row.entry.listeners:
            added_to[id_].append(row)
    removed, added = changes.everywhere
    after: dict[str, AttachedHosts] = {}
    for id_ in dict.fromkeys((*before, *added_to)):
        gone, come, old = removed_from[id_], added_to[id_], before.get(id_)
        count = (old.count if old else 0) - len(gone) + len(come)
        if old:
            after[id_] = AttachedHosts(old.hosts.with_changes(removed + gone, added + come), count)
        else:
            after[id_] = AttachedHosts(hosts.with_changes((), come), count)
    return {id_: attached for id_, attached in after.items() if attached.count}
