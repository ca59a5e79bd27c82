"""What is known of the folders at one time: the objects, and what is wrong with them. Pure.

How it is read belongs in `folder_objects`, what pages make of it in `views`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from postern_cli.diagnostics import Diagnostic, report_of
from postern_core.kinds import KINDS
from postern_core.parse import Parsed, spec_of
from postern_core.problems import Problem, by_ref
from postern_core.ref import Ref
from postern_operator.local.folder_source import Reading


@dataclass(frozen=True, slots=True)
class ConsoleState:
    """All objects of our kinds by namespace and name, and the findings of `postern validate`.

    `children` are the Routes of a Service and the JWTCredentials of a Consumer, whether the parent exists or not;
    `problems` are those of the compiler alone, `findings` have their places, and files that can't be read.
    """

    folders: tuple[Path, ...] = ()
    gateways: tuple[str, ...] = ("default",)
    objects: Mapping[Ref, Parsed] = field(default_factory=dict)
    findings: tuple[Diagnostic, ...] = ()
    problems: Mapping[Ref, tuple[Problem, ...]] = field(default_factory=dict)
    by_object: Mapping[Ref, tuple[Diagnostic, ...]] = field(default_factory=dict)
    children: Mapping[Ref, tuple[Ref, ...]] = field(default_factory=dict)

    def of_kind(self, kind: str) -> list[Parsed]:
        return [parsed for ref, parsed in self.objects.items() if ref.kind == kind]

    def count(self, ref: Ref, severity: str) -> int:
        """How many findings of a severity an object has."""
        return sum(finding.severity == severity for finding in self.by_object.get(ref, ()))


def state_of(
    reading: Reading, problems: Sequence[Problem], folders: tuple[Path, ...], gateways: tuple[str, ...] = ("default",)
) -> ConsoleState:
    """Put together what was read and what the compiler found."""
    findings = report_of(reading, problems, folders).findings
    ours = sorted((it for it in reading.objects if it.ref.kind in KINDS and it.ref.name), key=lambda it: it.ref)
    by_object: dict[Ref, tuple[Diagnostic, ...]] = {}
    for finding in findings:
        if finding.object is not None:
            ref = Ref(finding.object.kind, finding.object.namespace, finding.object.name)
            by_object[ref] = (*by_object.get(ref, ()), finding)
    children: dict[Ref, list[Ref]] = {}
    for parsed in ours:
        if (parent := parent_of(parsed)) is not None:
            children.setdefault(parent, []).append(parsed.ref)
    return ConsoleState(
        folders=folders,
        gateways=gateways,
        objects={parsed.ref: parsed for parsed in ours},
        findings=tuple(sorted(findings, key=lambda it: it.severity != "error")),
        problems=by_ref(problems),
        by_object=by_object,
        children={parent: tuple(refs) for parent, refs in children.items()},
    )


def parent_of(parsed: Parsed) -> Ref | None:
    """The Service of a Route, the Consumer of a JWTCredential; None for others, and where it can't be read."""
    parent, spec = KINDS[parsed.ref.kind].parent, spec_of(parsed)
    return Ref(parent.kind, parsed.ref.namespace, parent.name_of(spec)) if parent and spec is not None else None
