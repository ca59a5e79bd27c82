"""Whether one object makes sense by itself: all checks of its kind."""

from __future__ import annotations

from .kinds import KINDS
from .parse import Parsed
from .problems import Problem, Reason
from .validators import Validators


def check(parsed: Parsed, validators: Validators) -> tuple[Problem, ...]:
    """All that is wrong with one object, its parse problems first."""
    kind = KINDS.get(parsed.ref.kind)
    if parsed.resource is None or kind is None:
        return parsed.problems
    return parsed.problems + tuple(
        Problem(parsed.ref, Reason.INVALID, field, message)
        for violation in kind.checks
        for field, message in violation(parsed.resource, validators)
    )
