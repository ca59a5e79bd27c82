"""Runs a target for a time or a number of inputs, and counts what came of them.

Each input follows from the seed and its number alone, so that a failure can be
run again.  What a target knows stays in its own module.
"""

from __future__ import annotations

import importlib
import itertools
import random
import resource
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

TARGETS = sorted(path.stem for path in (Path(__file__).parent / "targets").glob("[a-z]*.py"))
FAILURES_MAX = 10


class Target(Protocol):
    """A module of fuzz/targets; `once` returns the name of an outcome, and raises where it is wrong."""

    opened: Callable[[], AbstractContextManager[Any]]
    once: Callable[[random.Random, Any], str]


@dataclass
class Tally:
    """What a run of a target has come to."""

    target: str
    seed: int
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0
    grown_bytes: int = 0

    @property
    def inputs(self) -> int:
        return sum(self.outcomes.values()) + len(self.failures)

    def __str__(self) -> str:
        found = ", ".join(f"{name} {count}" for name, count in self.outcomes.most_common(8))
        grown = f"memory +{self.grown_bytes / 2**20:.1f} MiB"
        head = f"{self.target}: {self.inputs} inputs in {self.seconds:.0f} s, {len(self.failures)} failures, {grown}"
        return "\n".join([f"{head}; {found}", *(f"  FAILED {failure}" for failure in self.failures)])


def run(name: str, *, seconds: float | None = None, iterations: int | None = None, seed: int = 0) -> Tally:
    """Run a target until the time or the number of inputs is over, or ten inputs have failed."""
    target: Target = importlib.import_module(f"fuzz.targets.{name}")
    tally = Tally(name, seed)
    with target.opened() as state:
        before, began = memory_of(state), time.monotonic()
        for number in itertools.count() if iterations is None else range(iterations):
            if (seconds is not None and time.monotonic() - began > seconds) or len(tally.failures) == FAILURES_MAX:
                break
            try:
                tally.outcomes[target.once(random.Random(f"{seed}/{number}"), state)] += 1
            except Exception as error:  # noqa: BLE001 - whatever an input raises is the finding
                tally.failures.append(f"seed {seed}, number {number}: {type(error).__name__}: {str(error)[:2000]}")
        tally.seconds, tally.grown_bytes = time.monotonic() - began, memory_of(state) - before
    return tally


def memory_of(state: Any) -> int:
    """The peak memory of the gateway's workers where there is one, else of this process."""
    peak_bytes = getattr(getattr(state, "gateway", None), "peak_bytes", None)
    if peak_bytes is not None:
        return int(peak_bytes())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
