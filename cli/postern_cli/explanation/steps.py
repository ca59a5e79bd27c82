"""The steps of an explanation, in the order in which the gateway takes them."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from postern_dataplane.request.denials import DenialReason


class Outcome(enum.Enum):
    """How a step ended; the value is the word for it."""

    OK = "ok"
    REFUSED = "refused"
    FORGIVEN = "passed over"
    NOT_REACHED = "not reached"


@dataclass(frozen=True, slots=True)
class Step:
    """One check; `reason` is that of the refusal, as the log and the metrics name it."""

    title: str
    outcome: Outcome
    detail: str = ""
    reason: DenialReason | None = None


def nothing() -> None:
    """No reason against the request."""


def no_detail() -> str:
    """No words beside the title."""
    return ""


class Trace:
    """Takes steps until one refuses, and notes those behind it as not reached.

    `reason` is that of the refusal in force, None while nothing refuses.
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.reason: DenialReason | None = None

    def check(
        self, title: str, violation: Callable[[], DenialReason | None], detail: Callable[[], str] = no_detail
    ) -> None:
        """Take a step: `violation` returns the reason against it; neither is called once something has refused."""
        if self.reason:
            self.steps.append(Step(title, Outcome.NOT_REACHED))
            return
        self.reason = violation()
        self.steps.append(Step(title, Outcome.REFUSED if self.reason else Outcome.OK, detail(), self.reason))

    def skip(self, titles: Iterable[str]) -> None:
        """Note steps that a refusal keeps from being reached."""
        self.steps += [Step(title, Outcome.NOT_REACHED) for title in titles]

    def forgive(self) -> None:
        """Go on in spite of the refusal."""
        self.steps = [
            replace(step, outcome=Outcome.FORGIVEN) if step.outcome is Outcome.REFUSED else step for step in self.steps
        ]
        self.reason = None
