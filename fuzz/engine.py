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

from .choices import Choices

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
    cpu_s: float = 0.0
    grown_bytes: int = 0
    grown_late_bytes: int = 0
    """Of it, after half of the inputs or of the time: what grows without an end grows then too."""

    @property
    def inputs(self) -> int:
        return sum(self.outcomes.values()) + len(self.failures)

    def __str__(self) -> str:
        found = ", ".join(f"{name} {count}" for name, count in self.outcomes.most_common(8))
        early, late = (it / 2**20 for it in (self.grown_bytes - self.grown_late_bytes, self.grown_late_bytes))
        grown = f"memory +{early:.1f} MiB in the first half and +{late:.1f} in the second"
        took = f"{self.seconds:.0f} s ({self.cpu_s:.0f} s of processor time here)"
        head = f"{self.target}: {self.inputs} inputs in {took}, {len(self.failures)} failures, {grown}"
        return "\n".join([f"{head}; {found}", *(f"  FAILED {failure}" for failure in self.failures)])


def run(name: str, *, seconds: float | None = None, iterations: int | None = None, seed: int = 0) -> Tally:
    """Run a target until the time or the number of inputs is over, or ten inputs have failed."""
    target: Target = importlib.import_module(f"fuzz.targets.{name}")
    tally = Tally(name, seed)
    with target.opened() as state:
        before, began, cpu_began = memory_of(state), time.monotonic(), time.process_time()
        middle = None
        for number in itertools.count() if iterations is None else range(iterations):
            gone_s = time.monotonic() - began
            if (seconds is not None and gone_s > seconds) or len(tally.failures) == FAILURES_MAX:
                break
            is_late = 2 * number >= iterations if iterations is not None else 2 * gone_s > (seconds or 0)
            middle = memory_of(state) if middle is None and is_late else middle
            _try(target, f"{seed}/{number}", state, tally)
        after = memory_of(state)
        tally.seconds, tally.cpu_s = time.monotonic() - began, time.process_time() - cpu_began
        tally.grown_bytes, tally.grown_late_bytes = after - before, after - (middle or after)
    return tally


def _try(target: Target, seed: str, state: Any, tally: Tally) -> None:
    try:
        tally.outcomes[target.once(random.Random(seed), state)] += 1
    except Exception as error:  # noqa: BLE001 - whatever an input raises is the finding
        number = seed.rpartition("/")[2]
        tally.failures.append(f"seed {tally.seed}, number {number}: {type(error).__name__}: {str(error)[:2000]}")


def replay(name: str, inputs: list[bytes]) -> Tally:
    """Run a target on inputs of a corpus, in their order; a failure names its input."""
    target: Target = importlib.import_module(f"fuzz.targets.{name}")
    tally = Tally(name, 0)
    with target.opened() as state:
        for content in inputs:
            try:
                tally.outcomes[target.once(Choices(content), state)] += 1
            except Exception as error:  # noqa: BLE001 - as above
                tally.failures.append(f"input {content.hex()}: {type(error).__name__}: {str(error)[:2000]}")
    return tally


def memory_of(state: Any) -> int:
    """The peak memory of the gateway's workers where there is one, else of this process."""
    peak_bytes = getattr(getattr(state, "gateway", None), "peak_bytes", None)
    if peak_bytes is not None:
        return int(peak_bytes())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
