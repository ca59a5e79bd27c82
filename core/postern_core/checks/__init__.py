"""Whether one object makes sense by itself: each check is a function named as the violation.

What a type can say belongs in `resources`; what needs a second object in `link`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from postern_core.parse import Parsed
from postern_core.problems import Problem, Reason
from postern_core.validators import Validators

from .consumer import CONSUMER_CHECKS
from .credential import CREDENTIAL_CHECKS
from .route import ROUTE_CHECKS
from .service import SERVICE_CHECKS

Mistakes = Iterator[tuple[str, str]]

CHECKS: dict[str, tuple[Callable[[Any, Validators], Mistakes], ...]] = {
    "Service": SERVICE_CHECKS,
    "Route": ROUTE_CHECKS,
    "Consumer": CONSUMER_CHECKS,
    "JWTCredential": CREDENTIAL_CHECKS,
}


def check(parsed: Parsed, inspectors: Validators) -> tuple[Problem, ...]:
    """All that is wrong with one object, its parse problems first."""
    if parsed.resource is None:
        return parsed.problems
    return parsed.problems + tuple(
        Problem(parsed.ref, Reason.INVALID, field, message)
        for violation in CHECKS.get(parsed.ref.kind, ())
        for field, message in violation(parsed.resource, inspectors)
    )
