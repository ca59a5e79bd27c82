"""What a run shows of its objects: a table of their conditions, and what is wrong in sentences.

Which conditions an object has is decided in `postern_core.conditions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.table import Table
from rich.text import Text

from postern_core.conditions import Condition
from postern_core.problems import Problem
from postern_core.ref import Ref
from postern_operator.local.field_positions import FieldPositions

CONDITIONS = ("Accepted", "ResolvedRefs", "Programmed", "Ready")
# More rows scroll away what matters; the others are counted.
ROWS_MAX = 40
# Beyond this many sentences, `postern validate` is the better place.
PROBLEMS_MAX = 40

STYLES = {"True": "green", "Pending": "yellow", "NoDataPlane": "yellow"}


def table_of(statuses: Mapping[Ref, Sequence[Condition]]) -> Table:
    """The objects with their conditions, those that are not ready first; see `left_out`."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Kind", "Name", *CONDITIONS):
        table.add_column(heading, no_wrap=True, overflow="ignore")
    for ref in _shown(statuses):
        told = {condition.type: condition for condition in statuses[ref]}
        cells = [_cell(told.get(name)) for name in CONDITIONS]
        table.add_row(Text(ref.kind), Text(ref.path), *cells)
    return table


def left_out(statuses: Mapping[Ref, Sequence[Condition]]) -> str:
    """What the table does not show, "" where it shows everything."""
    hidden = statuses.keys() - set(_shown(statuses))
    if not hidden:
        return ""
    unready = sum(1 for ref in hidden if not is_ready(statuses[ref]))
    return f"... and {len(hidden)} more objects, {f'{unready} of them not ready' if unready else 'all ready'}"


def sentences(problems: Iterable[Problem], origins: Mapping[Ref, str]) -> list[str]:
    """What is wrong, a line each, with the line and column of the field."""
    told = list(problems)
    positions = FieldPositions()
    lines = [_sentence(problem, origins.get(problem.ref, ""), positions) for problem in told[:PROBLEMS_MAX]]
    more = len(told) - PROBLEMS_MAX
    return lines if more <= 0 else [*lines, f"... and {more} more; `postern validate` has them all"]


def is_ready(conditions: Sequence[Condition]) -> bool:
    """Whether everything holds."""
    return all(condition.status == "True" for condition in conditions)


def _shown(statuses: Mapping[Ref, Sequence[Condition]]) -> list[Ref]:
    if len(statuses) <= ROWS_MAX:
        return list(statuses)
    return sorted(statuses, key=lambda ref: (is_ready(statuses[ref]), ref))[:ROWS_MAX]


def _cell(condition: Condition | None) -> Text:
    """True, or the reason why not."""
    if condition is None:
        return Text("-")
    text = "True" if condition.status == "True" else condition.reason
    return Text(text, style=STYLES.get(text, "red"))


def _sentence(problem: Problem, origin: str, positions: FieldPositions) -> str:
    position = positions.find(problem.ref, origin, problem.field)
    if position is not None:
        origin = f"{origin.rpartition(':')[0]}:{position.line}:{position.column}"
    place = f" ({origin})" if origin else ""
    return f"{problem.reason.text}: {problem}{place}"
