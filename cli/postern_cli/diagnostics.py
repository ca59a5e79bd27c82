"""What `postern validate` found, with its place, and the forms in which it is printed.

`text` is for people, `json` for programs, `github` for annotations in a pull request.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import msgspec

from postern_core.kinds import KINDS
from postern_core.parse import Parsed
from postern_core.problems import Problem, Reason
from postern_operator.local.field_positions import FieldPositions
from postern_operator.local.folder_source import Reading
from postern_operator.local.manifest_file import FileMistake

from .printing import printable


@dataclass(frozen=True, slots=True)
class ObjectName:
    """Which object."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing that is wrong.

    `object` is None, and `reason` and `field` are "", for what is wrong with a file as a whole.
    `field` is "" as well where the whole object is meant; `line` and `column` are those of the field, or of the nearest
    field above it that is written; None where unknown.
    """

    severity: str
    message: str
    file: str
    line: int | None = None
    column: int | None = None
    object: ObjectName | None = None
    reason: str = ""
    field: str = ""

    @property
    def told(self) -> str:
        """Who, where and what in one line."""
        parts = [str(self.object) if self.object else "", self.field, self.message]
        return ": ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Report:
    """All that came of a validation.

    `objects` counts by kind, `fine` those without an error; `passed_over` are objects of other kinds, by API version
    and kind; `left_out` is what of a cluster could not be checked.
    """

    valid: bool
    objects: dict[str, int]
    fine: int
    passed_over: dict[str, int]
    findings: tuple[Diagnostic, ...]
    left_out: tuple[str, ...] = ()

    def count(self, severity: str) -> int:
        return sum(finding.severity == severity for finding in self.findings)


def report_of(
    reading: Reading,
    problems: Iterable[Problem],
    places: Sequence[Path | str],
    left_out: Sequence[str] = (),
    *,
    is_strict: bool = False,
) -> Report:
    """Put together what is wrong, in the order of files and lines.

    `places` are where objects were looked for; a report that `is_strict` counts warnings about what was written.
    """
    origins = {parsed.ref: parsed.origin for parsed in reversed(reading.objects)}
    # Objects without a name are one to the compiler; each of them has its own place.
    nameless = [parsed for parsed in reading.objects if not parsed.ref.name]
    placed = [(problem, origins.get(problem.ref, "")) for problem in problems if problem.ref.name]
    placed += [(problem, parsed.origin) for parsed in nameless for problem in parsed.problems]
    positions = FieldPositions()
    wrong = {problem for problem, _ in placed if _is_error(problem, is_strict=is_strict)}
    findings = [_of_problem(problem, origin, positions, is_error=problem in wrong) for problem, origin in placed]
    findings += [_of_mistake(mistake) for mistake in reading.mistakes]
    if not reading.objects and not reading.mistakes:
        # A check of no object at all would always succeed.
        what = "manifest" if any(isinstance(it, Path) for it in places) else "object"
        findings += [Diagnostic("error", f"no {what} of Postern is here", str(it)) for it in places]
    findings.sort(key=lambda it: (it.file, it.line or 0, it.severity, it.told))
    return Report(
        valid=not any(finding.severity == "error" for finding in findings),
        objects=_kinds(reading.objects),
        fine=_fine(reading.objects, wrong),
        passed_over=dict(sorted(Counter(f"{it.api_version} {it.kind}" for it in reading.foreign).items())),
        findings=tuple(findings),
        left_out=tuple(left_out),
    )


def _is_error(problem: Problem, *, is_strict: bool) -> bool:
    """Whether a problem counts; a warning about a state that ends by itself never does."""
    return not problem.is_warning or (is_strict and problem.reason is Reason.WARNING)


def _kinds(objects: Iterable[Parsed]) -> dict[str, int]:
    """How many objects of each kind there are, ours first."""
    counts = Counter(parsed.ref.kind for parsed in objects)
    order = {kind: place for place, kind in enumerate(KINDS)}
    return dict(sorted(counts.items(), key=lambda item: (order.get(item[0], len(order)), item[0])))


def _fine(objects: Sequence[Parsed], errors: Iterable[Problem]) -> int:
    """How many objects have no error; those without a name always have one."""
    wrong = {problem.ref for problem in errors}
    return sum(bool(parsed.ref.name) and parsed.ref not in wrong for parsed in objects)


def _of_problem(problem: Problem, origin: str, positions: FieldPositions, *, is_error: bool) -> Diagnostic:
    file, _, line = origin.rpartition(":")
    position = positions.find(problem.ref, origin, problem.field)
    return Diagnostic(
        severity="error" if is_error else "warning",
        message=problem.message,
        file=file,
        line=position.line if position else int(line) if line else None,
        column=position.column if position else None,
        object=ObjectName(*problem.ref),
        reason=problem.reason.text,
        field=problem.field,
    )


def _of_mistake(mistake: FileMistake) -> Diagnostic:
    return Diagnostic("error", mistake.message, mistake.path, mistake.line, mistake.column)


def as_json(report: Report) -> Iterator[str]:
    """One JSON object."""
    yield msgspec.json.format(msgspec.json.encode(report)).decode()


def as_text(report: Report) -> Iterator[str]:
    """One line a finding, and a line that sums up."""
    for finding in report.findings:
        place = printable(":".join(str(part) for part in (finding.file, finding.line, finding.column) if part))
        severity = click.style(finding.severity, fg="red" if finding.severity == "error" else "yellow")
        told = printable(finding.told)
        yield f"{place}: {severity}: {told}" if place else f"{severity}: {told}"
    if report.passed_over:
        yield f"Passed over, for they are not Postern's: {printable(_counted(report.passed_over))}."
    for line in report.left_out:
        yield click.style(f"Not checked: {printable(line)}.", fg="yellow")
    yield _summary(report)


def _summary(report: Report) -> str:
    errors, warnings = report.count("error"), report.count("warning")
    total = sum(report.objects.values())
    if not errors:
        but = f", with {_number(warnings, 'warning')}" if warnings else ""
        fine = f"{_number(total, 'object')} {'is' if total == 1 else 'are'} fine{but}: {_counted(report.objects)}."
        return click.style(fine, fg="green")
    also = f" and {_number(warnings, 'warning')}" if warnings else ""
    fine = f"{report.fine} of {_number(total, 'object')} {'is' if report.fine == 1 else 'are'} fine"
    return click.style(f"{_number(errors, 'error')}{also}; {fine}.", fg="red")


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in counts.items())


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def as_github(report: Report) -> Iterator[str]:
    """One workflow command a finding; the working directory must be the checkout."""
    for finding in report.findings:
        properties = {
            "file": _below_here(finding.file),
            "line": finding.line,
            "col": finding.column,
            "title": finding.reason,
        }
        given = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items() if value)
        yield f"::{finding.severity}{' ' if given else ''}{given}::{_data(finding.told)}"
    for line in report.left_out:
        yield f"::notice::{_data(f'Not checked: {line}')}"
    yield _summary(report)


def _below_here(file: str) -> str:
    """An absolute path as the checkout names it, where it is below the working directory."""
    here = Path.cwd()
    return str(Path(file).relative_to(here)) if file and Path(file).is_relative_to(here) else file


def _data(text: str) -> str:
    """What would end a workflow command early, escaped as its runner undoes it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
