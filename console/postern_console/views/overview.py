"""The first page: what is wrong, and how many objects of each kind there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from postern_console.paging import Query, page_of
from postern_console.shown_kinds import SHOWN_KINDS
from postern_console.state import ConsoleState

from .findings import counted, findings_of
from .links import Link, frame, list_path


@dataclass(frozen=True, slots=True)
class KindCount:
    """How many objects of a kind there are, and how many of them have errors or warnings."""

    link: Link
    total: int
    errors: int
    warnings: int


def overview(state: ConsoleState, query: Query) -> dict[str, Any]:
    """The findings, errors first, and the kinds."""
    page = page_of(state.findings, query)
    return {
        "title": "Overview",
        "frame": frame("/"),
        "summary": _summary(state),
        "places": state.places,
        "left_out": state.left_out,
        "kinds": [_count(state, kind) for kind in SHOWN_KINDS],
        "findings": findings_of(page.items, state),
        "page": page,
    }


def _summary(state: ConsoleState) -> str:
    errors = sum(finding.severity == "error" for finding in state.findings)
    warnings = len(state.findings) - errors
    parts = [counted(count, noun) for count, noun in ((errors, "error"), (warnings, "warning")) if count]
    return " and ".join(parts) if parts else "Nothing is wrong"


def _count(state: ConsoleState, kind: str) -> KindCount:
    refs = [parsed.ref for parsed in state.of_kind(kind)]
    errors = sum(state.count(ref, "error") > 0 for ref in refs)
    warnings = sum(state.count(ref, "warning") > 0 for ref in refs)
    return KindCount(Link(SHOWN_KINDS[kind].title, list_path(kind)), len(refs), errors, warnings)
