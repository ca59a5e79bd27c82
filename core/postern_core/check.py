"""Whether one object makes sense by itself: all checks of its kind, then all lints."""

from __future__ import annotations

from .kinds import KINDS
from .parse import Parsed
from .problems import Problem, Reason
from .validators import Validators


def check(parsed: Parsed, validators: Validators) -> tuple[Problem, ...]:
    """All that is wrong with one object, its parse problems first; warnings only about one with nothing wrong."""
    kind = KINDS.get(parsed.ref.kind)
    if parsed.resource is None or kind is None:
        return parsed.problems
    problems = parsed.problems + tuple(
        Problem(parsed.ref, Reason.INVALID, field, message)
        for violation in kind.checks
        for field, message in violation(parsed.resource, validators)
    )
    return problems or tuple(
        Problem(parsed.ref, Reason.WARNING, field, message)
        for lint in kind.lints
        for field, message in lint(parsed.resource, validators)
    )
