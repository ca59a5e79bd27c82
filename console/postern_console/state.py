"""What is known of folders or a cluster at one time: the objects, and what is wrong with them. Pure.

How it is read belongs in `folder_objects` and `cluster`, what pages make of it in `views`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from postern_cli.diagnostics import Diagnostic, report_of
from postern_core.parse import Parsed, is_a, spec_of
from postern_core.problems import Problem, by_ref
from postern_core.ref import Ref
from postern_core.resources.kubernetes import Secret
from postern_operator.local.folder_source import Reading

from .shown_kinds import SHOWN_KINDS


@dataclass(frozen=True, slots=True)
class ConsoleState:
    """All objects of our kinds by namespace and name, and the findings of `postern validate`.

    `children` are the Routes of a Service and the JWTCredentials of a Consumer, whether the parent exists or not;
    `problems` are those of the compiler alone, `findings` have their places, and files that can't be read.
    `secrets` are the Secrets of the folders with the names of their entries, None where they can't be known; one that
    is typed becomes a Secret where the state `takes_secrets`.
    `cluster` says which one was read, "" for folders, `namespace` of which namespace alone, "" for all, and `left_out`
    what of it could not be.
    """

    folders: tuple[Path, ...] = ()
    cluster: str = ""
    namespace: str = ""
    left_out: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ("default",)
    objects: Mapping[Ref, Parsed] = field(default_factory=dict)
    findings: tuple[Diagnostic, ...] = ()
    problems: Mapping[Ref, tuple[Problem, ...]] = field(default_factory=dict)
    by_object: Mapping[Ref, tuple[Diagnostic, ...]] = field(default_factory=dict)
    children: Mapping[Ref, tuple[Ref, ...]] = field(default_factory=dict)
    secrets: Mapping[Ref, frozenset[str]] | None = None
    takes_secrets: bool = False

    @property
    def places(self) -> tuple[str, ...]:
        """Where the objects were read."""
        return (self.cluster,) if self.cluster else tuple(map(str, self.folders))

    def of_kind(self, kind: str) -> list[Parsed]:
        return [parsed for ref, parsed in self.objects.items() if ref.kind == kind]

    def count(self, ref: Ref, severity: str) -> int:
        """How many findings of a severity an object has."""
        return sum(finding.severity == severity for finding in self.by_object.get(ref, ()))


def state_of(
    reading: Reading, problems: Sequence[Problem], folders: tuple[Path, ...], gateways: tuple[str, ...] = ("default",)
) -> ConsoleState:
    """Put together what was read of folders and what the compiler found."""
    findings = report_of(reading, problems, folders).findings
    secrets = {it.ref: _entries_of(it.resource) for it in reading.objects if is_a(it, Secret)}
    return replace(
        state_with(reading.objects, problems, findings, gateways), folders=folders, secrets=secrets, takes_secrets=True
    )


def _entries_of(secret: Secret) -> frozenset[str]:
    return frozenset({**(secret.data or {}), **(secret.string_data or {})})


def state_with(
    objects: Iterable[Parsed], problems: Sequence[Problem], findings: Sequence[Diagnostic], gateways: tuple[str, ...]
) -> ConsoleState:
    """Put together objects and findings, wherever they come from."""
    ours = sorted((it for it in objects if it.ref.kind in SHOWN_KINDS and it.ref.name), key=lambda it: it.ref)
    by_object: dict[Ref, list[Diagnostic]] = {}
    for finding in findings:
        if finding.object is not None:
            ref = Ref(finding.object.kind, finding.object.namespace, finding.object.name)
            by_object.setdefault(ref, []).append(finding)
    children: dict[Ref, list[Ref]] = {}
    for parsed in ours:
        if (parent := parent_of(parsed)) is not None:
            children.setdefault(parent, []).append(parsed.ref)
    return ConsoleState(
        gateways=gateways,
        objects={parsed.ref: parsed for parsed in ours},
        findings=tuple(sorted(findings, key=lambda it: it.severity != "error")),
        problems=by_ref(problems),
        by_object={ref: tuple(found) for ref, found in by_object.items()},
        children={parent: tuple(refs) for parent, refs in children.items()},
    )


def parent_of(parsed: Parsed) -> Ref | None:
    """The Service of a Route, the Consumer of a JWTCredential; None for others, and where it can't be read."""
    parent, spec = SHOWN_KINDS[parsed.ref.kind].parent, spec_of(parsed)
    return Ref(parent.kind, parsed.ref.namespace, parent.name_of(spec)) if parent and spec is not None else None
