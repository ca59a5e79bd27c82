"""Reads a cluster once more: our objects, what they refer to, and what the compiler and the operator say of them.

No Secret is read; what is in one is checked by the operator alone, whose word is in the statuses.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from postern_cli.cluster.connection import Connection
from postern_cli.cluster.fetch_references import FetchedReferences, fetch_references
from postern_cli.cluster.list_ingresses import list_ingresses
from postern_cli.cluster.list_resources import ListedResources, list_resources
from postern_cli.diagnostics import Diagnostic, report_of
from postern_cli.load_folders import gateways_of, problems_of
from postern_cli.load_objects import without_keys
from postern_cli.printing import printable
from postern_cli.sources import no_secrets
from postern_cli.visibility import Unread, certain
from postern_console.shown_kinds import SHOWN_KINDS
from postern_console.shown_manifest import without_user_info
from postern_console.state import ConsoleState, state_with
from postern_core.kinds import KINDS
from postern_core.link.shares import Share
from postern_core.parse import Parsed
from postern_core.problems import Problem
from postern_operator.issuer_keys.demands import demands_of
from postern_operator.local.folder_source import Reading

from .held_objects import HeldObject, HeldObjects, are_same, held_of

# What our objects refer to is read again this often: Services, their endpoints and ConfigMaps, object by object.
REFERENCES_S = 30.0


@dataclass(frozen=True, slots=True)
class ClusterReading:
    """A cluster at one time: `objects` are all to compile, `left_out` is what could not be read, or was not wanted."""

    held: HeldObjects
    objects: tuple[Parsed, ...]
    left_out: Unread
    state: ConsoleState


class ClusterReader:
    """Reads; what has not changed since the last reading is neither parsed nor compiled again."""

    def __init__(self, namespace: str, share: Share, *, takes_secrets: bool = False) -> None:
        self._namespace = namespace
        self._share = share
        self._takes_secrets = takes_secrets
        self._last: ClusterReading | None = None
        self._referred = FetchedReferences((), {}, frozenset())
        self._referred_s = float("-inf")

    async def read(self, connection: Connection) -> ClusterReading:
        """The cluster now; the last reading itself where nothing has changed.  Raises `ClusterReadingError`."""
        listed = await list_resources(connection, tuple(KINDS), self._namespace)
        ingresses = await list_ingresses(connection, self._namespace)
        manifests, refusals = (*listed.manifests, *ingresses.manifests), (*listed.refusals, *ingresses.refusals)
        listed = replace(listed, manifests=manifests, refusals=refusals)
        held = await asyncio.to_thread(held_of, listed.manifests, self._last.held if self._last else {})
        is_old = time.monotonic() - self._referred_s >= REFERENCES_S
        if self._last is not None and not is_old and are_same(held, self._last.held):
            return self._last
        await self._refer(connection, [one.parsed for one in held.values()], is_old=is_old)
        place = _place(connection, self._namespace)
        self._last = await asyncio.to_thread(self._put_together, listed, held, place)
        return self._last

    async def _refer(self, connection: Connection, parsed: list[Parsed], *, is_old: bool) -> None:
        """Read what the objects name, and of what is known already only what is old."""
        known = () if is_old else self._referred.objects
        fetched = await fetch_references(connection.api, [*parsed, *known], no_secrets)
        self._referred = replace(fetched, objects=(*known, *fetched.objects))
        if is_old:
            self._referred_s = time.monotonic()

    def _put_together(self, listed: ListedResources, held: HeldObjects, place: str) -> ClusterReading:
        objects = (*(one.parsed for one in held.values()), *self._referred.objects)
        unread = Unread(listed.namespaces, self._referred.refused, self._referred.unasked, listed.refusals)
        left_out = without_keys(unread, demands_of(objects), "the operator fetches and keeps them")
        problems = certain(problems_of(objects, self._share), objects, left_out)
        findings = (*_findings(objects, problems), *_said(held.values(), problems))
        state = state_with(objects, problems, findings, gateways_of(objects))
        lines = tuple(map(printable, unread.told))
        state = replace(
            state, cluster=place, namespace=self._namespace, left_out=lines, takes_secrets=self._takes_secrets
        )
        return ClusterReading(held, objects, left_out, state)


def _findings(objects: tuple[Parsed, ...], problems: tuple[Problem, ...]) -> tuple[Diagnostic, ...]:
    ours = tuple(parsed for parsed in objects if parsed.ref.kind in SHOWN_KINDS)
    return report_of(Reading(ours), problems, ()).findings


def _said(held: Iterable[HeldObject], problems: Iterable[Problem]) -> list[Diagnostic]:
    """What the operator says, where the compiler has not said it already, with the field."""
    known = {problem.ref for problem in problems if not problem.is_warning}
    return [finding for one in held if one.parsed.ref not in known for finding in one.said]


def _place(connection: Connection, namespace: str) -> str:
    host = without_user_info(str(connection.api.configuration.host))
    return f"{host}, namespace {namespace}" if namespace else host
