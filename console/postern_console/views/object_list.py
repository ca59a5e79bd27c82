"""The list of all objects of a kind: searched, and a page of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from postern_console.editing.forms import FORMS
from postern_console.paging import Query, matches, page_of
from postern_console.permissions import EVERYTHING, Permissions
from postern_console.shown_kinds import SHOWN_KINDS
from postern_console.state import ConsoleState
from postern_core.parse import Parsed

from .edit import new_path
from .facts import Facts, facts_of, headings_of
from .findings import Health, health_of
from .links import Link, frame, link_to, list_path


@dataclass(frozen=True, slots=True)
class Row:
    """One object of a list."""

    link: Link
    facts: Facts
    health: Health


def object_list(state: ConsoleState, kind: str, query: Query, permissions: Permissions = EVERYTHING) -> dict[str, Any]:
    """The objects of a kind that a query asks for."""
    found = [
        (parsed, facts)
        for parsed in state.of_kind(kind)
        if not query.has_findings or parsed.ref in state.by_object
        if matches(query, (parsed.ref.path, *(facts := facts_of(parsed, state)).values()))
    ]
    page = page_of(found, query)
    return {
        "title": SHOWN_KINDS[kind].title,
        "frame": frame(list_path(kind)),
        "kind": kind,
        "new": Link(f"New {kind}", new_path(kind)) if kind in FORMS and not permissions.edit else None,
        "barred": permissions.edit if kind in FORMS else "",
        "headings": headings_of(kind),
        "query": query,
        "rows": [_row(parsed, facts, state) for parsed, facts in page.items],
        "page": page,
    }


def _row(parsed: Parsed, facts: Facts, state: ConsoleState) -> Row:
    return Row(link_to(parsed.ref, state), facts, health_of(parsed.ref, state))
