"""What a change would bring: the problems of the changed object at their fields, those of others, and the difference.

Pure but for the compiler's clock.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from postern_console.shown_manifest import KINDS_WITH_KEYS, NOT_SHOWN, shown_yaml, without_user_info
from postern_core.parse import Parsed
from postern_core.problems import Problem, Reason
from postern_operator.local.manifest_yaml import yaml_documents

from .change import Change
from .fields import Field

# Lines around a change.
CONTEXT = 3


@dataclass(frozen=True, slots=True)
class Review:
    """The problems of the object itself, and those that it brings to others."""

    own: tuple[Problem, ...]
    others: tuple[Problem, ...]

    @property
    def refuses(self) -> bool:
        """Whether the object would not be accepted, or has no usable key; what it refers to may come later."""
        return any(it.reason.condition == "Accepted" or it.reason is Reason.INVALID_KEY_MATERIAL for it in self.own)


def review_of(
    objects: Sequence[Parsed],
    changed: Parsed,
    before: Iterable[Problem],
    find: Callable[[Sequence[Parsed]], Iterable[Problem]],
) -> Review:
    """Judge the objects as they would be; `find` is what has judged them before."""
    others = [parsed for parsed in objects if parsed.ref != changed.ref]
    problems = tuple(find([*others, changed]))
    known = set(before)
    return Review(
        tuple(problem for problem in problems if problem.ref == changed.ref),
        tuple(problem for problem in problems if problem.ref != changed.ref and problem not in known),
    )


def by_field(
    problems: Iterable[Problem], fields: Sequence[Field], filled: Collection[str] = ()
) -> dict[str, list[str]]:
    """The messages by the name of the input that they are about, "" for what has none.

    What is about a block stands at the first of its inputs that is `filled`.
    """
    found: dict[str, list[str]] = {}
    for problem in problems:
        path = problem.field.replace("[", ".").replace("]", "")
        names = [it.name for it in fields if f"{path}.".startswith(f"spec.{it.name}.")]
        below = [it.name for it in fields if f"spec.{it.name}".startswith(f"{path}.") and it.input != "choice"]
        if not names and path != "spec" and below:
            names = [next((name for name in below if name in filled), below[0])]
        if not names and path in ("metadata", "metadata.name"):
            names = ["name"]
        name = max(names, key=len, default="")
        text = problem.message if name else f"{problem.field}: {problem.message}" if problem.field else problem.message
        found.setdefault(name, []).append(text)
    return found


@dataclass(frozen=True, slots=True)
class Difference:
    """What a save would change: where, and the lines of a unified difference; `digest` is that of the change.

    `why_not` is why it can't be saved, and `command` applies the `yaml` elsewhere; `conflicts` are as in the change.
    """

    place: str
    lines: tuple[str, ...]
    digest: str
    why_not: str = ""
    command: str = ""
    yaml: str = ""
    conflicts: tuple[tuple[str, str], ...] = ()
    takes_over: bool = False


def difference(change: Change, changed: Parsed, problems: Sequence[Problem]) -> Difference:
    """The difference of the document, without what could be a secret."""
    old = shown_yaml(yaml_documents(change.old)[0].value, problems) if change.old else ""
    new = shown_yaml(yaml_documents(change.new)[0].value, problems)
    if changed.ref.kind not in KINDS_WITH_KEYS and NOT_SHOWN not in old + new:
        old, new = without_user_info(change.old), without_user_info(change.new)
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), n=CONTEXT, lineterm="")
    # The file that is downloaded is as it was typed.
    yaml = shown_yaml(yaml_documents(change.to_apply)[0].value, problems) if change.command else ""
    return Difference(
        place=change.place,
        lines=tuple(lines)[2:],
        digest=change.digest,
        why_not=change.why_not,
        command=change.command,
        yaml=yaml,
        conflicts=change.conflicts,
        takes_over=change.takes_over,
    )
