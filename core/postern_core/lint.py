"""Every lint, in order, and how those that look at more than one object are run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .kinds import KINDS
from .lints.credential import CREDENTIAL_LINTS
from .lints.linked import Linked
from .lints.names import NAME_LINTS
from .problems import Problem

LINTS_OF_ALL: tuple[Callable[[Linked], Iterator[Problem]], ...] = NAME_LINTS + CREDENTIAL_LINTS

# By name; those of one object are run with its checks, by `check`.
LINTS = tuple(
    dict.fromkeys(
        [lint.__name__ for kind in KINDS.values() for lint in kind.lints] + [lint.__name__ for lint in LINTS_OF_ALL]
    )
)


def lint(linked: Linked) -> Iterator[Problem]:
    """What can never work for how the objects of one gateway stand to each other: warnings, which refuse nothing."""
    for find in LINTS_OF_ALL:
        yield from find(linked)
