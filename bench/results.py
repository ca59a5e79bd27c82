"""What was measured, as values: rounds of gateways in workloads, what was left out, and how they compare."""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.wrk import Load

# What others are compared with, by the word in a table's head.
BASES = {"Envoy": "Envoy, token cache", "Envoy without cache": "Envoy, no cache", "nginx": "nginx, plain"}


@dataclass(frozen=True, slots=True)
class Measurement:
    """One gateway in one round."""

    cpu_us: float
    # Of all its processes, and of the largest of them.
    resident_bytes: int
    largest_bytes: int
    load: Load


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some rounds, and how far they lie apart."""

    median: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Who does not take part in what; `workload` empty for all of them."""

    peer: str
    workload: str
    lacks: str


@dataclass(slots=True)
class Results:
    """One workload: the rounds by the gateway's name, in the order in which they are shown."""

    workload: str
    about: str
    rounds: dict[str, list[Measurement]] = field(default_factory=dict)

    def spread(self, peer: str, value: Callable[[Measurement], float]) -> Spread:
        values = [value(one) for one in self.rounds[peer]]
        return Spread(statistics.median(values), min(values), max(values))

    def ratio(self, peer: str, base: str) -> float | None:
        """The processor time of a request as a share of the other's, of medians; None without the other."""
        if not self.rounds.get(base) or not self.rounds.get(peer):
            return None
        return self.spread(peer, cpu).median / self.spread(base, cpu).median

    def errors(self, peer: str) -> int:
        return sum(one.load.errors for one in self.rounds[peer])


@dataclass(slots=True)
class Report:
    """A whole run."""

    began: str
    seconds: float
    versions: dict[str, str]
    workloads: list[Results] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    # What went wrong where nothing should.
    failures: list[str] = field(default_factory=list)
    # What others made this machine do when the run began: processes that ran or wanted to, over a minute.
    load_average: float = 0.0

    @property
    def is_clean(self) -> bool:
        """Whether each request was answered as it must be, and everybody took part who could."""
        return not self.failures and not any(
            results.errors(peer) for results in self.workloads for peer in results.rounds
        )

    def to_json(self) -> str:
        return json.dumps({**asdict(self), "machine": machine(), "clean": self.is_clean}, indent=1) + "\n"


def cpu(one: Measurement) -> float:
    return one.cpu_us


def machine() -> dict[str, Any]:
    """What this machine is, without its name."""
    with_model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    return {
        "processor": with_model[1] if with_model else platform.machine(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }
