"""What of a cluster was not read, and what can't be said for it.

Pure.  A reference to what was not read is neither right nor wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from postern_core.parse import Parsed, is_a
from postern_core.problems import Problem
from postern_core.ref import Ref
from postern_core.resources.route import Route
from postern_core.resources.service import Service
from postern_core.resources.service_upstreams import references_of

# Beyond this many names the others are counted.
NAMES_MAX = 8


@dataclass(frozen=True, slots=True)
class Unread:
    """What was not read.

    `namespaces` are, for a kind that was not read everywhere, those where it
    was.  `refused` has single objects with the API server's reason, `unasked`
    those that the command has no use for.  `lines` are about whole kinds.
    """

    namespaces: Mapping[str, frozenset[str]] = field(default_factory=dict)
    refused: Mapping[Ref, str] = field(default_factory=dict)
    unasked: frozenset[Ref] = frozenset()
    lines: tuple[str, ...] = ()

    def hides(self, ref: Ref) -> bool:
        """Whether it is unknown if this object exists, or what it holds."""
        if ref in self.refused or ref in self.unasked:
            return True
        read = self.namespaces.get(ref.kind)
        return read is not None and ref.namespace not in read

    @property
    def told(self) -> tuple[str, ...]:
        """A line for everything that the API server has refused to show."""
        by_reason: dict[tuple[str, str], list[Ref]] = {}
        for ref, why in sorted(self.refused.items()):
            by_reason.setdefault((ref.kind, why), []).append(ref)
        singles = [f"{kind} {_some(ref.path for ref in refs)} ({why})" for (kind, why), refs in by_reason.items()]
        return (*self.lines, *singles)

    @property
    def unchecked(self) -> tuple[str, ...]:
        """A line for what was not asked for."""
        count = len(self.unasked)
        return (f"what is in {count} Secret{'' if count == 1 else 's'}, for none is read",) if count else ()


NOTHING = Unread()


def certain(problems: Iterable[Problem], objects: Iterable[Parsed], left_out: Unread) -> tuple[Problem, ...]:
    """The problems that do not come of what was left out."""
    if left_out == NOTHING:
        return tuple(problems)
    unknown = {parsed.ref for parsed in objects if _certificate_is_hidden(parsed, left_out)}
    return tuple(problem for problem in problems if not _is_uncertain(problem, unknown, left_out))


def _is_uncertain(problem: Problem, unknown: set[Ref], left_out: Unread) -> bool:
    if any(left_out.hides(cause) or cause in unknown for cause in problem.causes):
        return True
    # The problem of a certificate that can't be had has no cause.
    return problem.ref in unknown and problem.field.endswith(".tls.caCertificateRef")


def _certificate_is_hidden(parsed: Parsed, left_out: Unread) -> bool:
    """Whether an upstream or a mirror depends on what was not read, and with it whatever refers to its object."""
    if not is_a(parsed, Service) and not is_a(parsed, Route):
        return False
    return any(map(left_out.hides, references_of(parsed.ref, parsed.resource.spec)))


def _some(names: Iterable[str]) -> str:
    every = list(names)
    more = f" and {len(every) - NAMES_MAX} more" if len(every) > NAMES_MAX else ""
    return ", ".join(every[:NAMES_MAX]) + more
