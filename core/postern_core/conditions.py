"""What an object's status says, from its problems and from what is really served."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from .kinds import KINDS
from .problems import Problem, Reason
from .ref import Ref

# `postern validate` prints all of them.
WARNINGS_MAX = 8

Status = Literal["True", "False", "Unknown"]


class Programming(enum.Enum):
    """Whether what serves has taken up an object's present state."""

    PROGRAMMED = "Programmed"
    PENDING = "Pending"
    NO_DATA_PLANE = "NoDataPlane"
    NOT_PUBLISHED = "NotPublished"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition as Kubernetes writes it, without its times."""

    type: str
    status: Status
    reason: str
    message: str = ""


_MESSAGES = {
    Programming.PROGRAMMED: "",
    Programming.PENDING: "the data plane does not serve this state yet",
    Programming.NO_DATA_PLANE: "no data plane is running",
    Programming.NOT_PUBLISHED: "this state can't be published, and is not served",
}


def conditions_of(
    ref: Ref, problems: Iterable[Problem], programming: Programming, why: str = ""
) -> tuple[Condition, ...]:
    """The conditions of one object; `problems` of other objects are passed over.

    `why` is the reason for `programming`, in words, where there is more to say of it than what it is.
    """
    own = [problem for problem in problems if problem.ref == ref]
    accepted = _from_problems("Accepted", own)
    if accepted.status == "True":
        accepted = replace(accepted, message=_warnings(own))
    conditions = [accepted]
    if ref.kind not in KINDS or KINDS[ref.kind].has_references:
        conditions.append(_resolved(accepted, own))
    conditions.append(_programmed(accepted, programming, why))
    conditions.append(_ready(conditions))
    return (*conditions, *_stalled(accepted))


def _from_problems(type_: str, own: list[Problem]) -> Condition:
    against = [problem for problem in own if problem.reason.condition == type_]
    if not against:
        return Condition(type_, "True", type_)
    return Condition(type_, "False", against[0].reason.text, _in_words(against))


def _in_words(problems: Iterable[Problem]) -> str:
    return "; ".join(f"{p.field}: {p.message}" if p.field else p.message for p in problems)


def _warnings(own: Iterable[Problem]) -> str:
    """The warnings about what was written; those about a passing state would be a write for each time it passes."""
    lasting = [problem for problem in own if problem.reason is Reason.WARNING]
    more = f"; and {len(lasting) - WARNINGS_MAX} more" if len(lasting) > WARNINGS_MAX else ""
    return f"warning: {_in_words(lasting[:WARNINGS_MAX])}{more}" if lasting else ""


def _resolved(accepted: Condition, own: list[Problem]) -> Condition:
    resolved = _from_problems("ResolvedRefs", own)
    if resolved.status == "True" and accepted.reason == "Invalid":
        return Condition("ResolvedRefs", "Unknown", "Invalid", "references are resolved once the object is valid")
    return resolved


def _programmed(accepted: Condition, programming: Programming, why: str) -> Condition:
    if accepted.status == "False":
        return Condition("Programmed", "False", accepted.reason, "not served as it is written")
    status: Status = "True" if programming is Programming.PROGRAMMED else "False"
    message = ": ".join(filter(None, (_MESSAGES[programming], why)))
    return Condition("Programmed", status, programming.value, message)


def _ready(conditions: list[Condition]) -> Condition:
    for condition in conditions:
        if condition.status != "True":
            return Condition("Ready", "False", condition.reason, condition.message)
    return Condition("Ready", "True", "Ready")


def _stalled(accepted: Condition) -> tuple[Condition, ...]:
    """`Stalled=True` while only an edit of this object can fix it: kstatus then reports Failed, not InProgress.

    All other problems may be solved by other objects, which may not have been applied yet.
    """
    return (Condition("Stalled", "True", "Invalid", accepted.message),) if accepted.reason == "Invalid" else ()
