"""What is wrong, as pages show it: the object, the field, the place in the file and the way out."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from postern_cli.diagnostics import Diagnostic
from postern_console.state import ConsoleState
from postern_core.ref import Ref

from .links import Link, link_to


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong; `about` is the object, or the file as a whole."""

    severity: str
    about: Link
    field: str
    message: str
    place: str


@dataclass(frozen=True, slots=True)
class Health:
    """How an object is, in a word for people and one for the style sheet."""

    text: str
    severity: str


def findings_of(diagnostics: Iterable[Diagnostic], state: ConsoleState) -> tuple[Finding, ...]:
    """Findings with a link to their object."""
    return tuple(_finding(one, state) for one in diagnostics)


def health_of(ref: Ref, state: ConsoleState) -> Health:
    """How many errors and warnings an object has."""
    for severity in ("error", "warning"):
        if count := state.count(ref, severity):
            return Health(counted(count, severity), severity)
    return Health("fine", "fine")


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def place_of(file: str, line: int | None, folders: Iterable[Path]) -> str:
    """A file and a line, the file as one sees it from the folder that holds it."""
    holders = [folder for folder in folders if Path(file).is_relative_to(folder)]
    name = os.path.relpath(file, holders[0].parent) if holders else file
    return f"{name}:{line}" if line else name


def _finding(one: Diagnostic, state: ConsoleState) -> Finding:
    if one.object is None:
        about = Link("File")
    else:
        ref = Ref(one.object.kind, one.object.namespace, one.object.name)
        about = link_to(ref, state, f"{ref.kind} {ref.path if ref.name else 'without a name'}")
    return Finding(one.severity, about, one.field, one.message, place_of(one.file, one.line, state.folders))
