"""How long the slowest requests take at a load that a gateway can bear: `mixed`, at a share of where each saturates.

Each gateway is first asked for as much as it can answer, which says how many requests fill its core.  Then each is
asked at a fixed rate, whatever it answers (`bench.paced`): at the share of its own saturation, and at that of
Postern's, for which all get as many.  The application without a gateway, asked the same, says what of the times is of
the load, the application and the machine.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.compare import say
from bench.mixed_peers import parser_of, running_peers, write
from bench.paced import Seen
from bench.peers import Site
from bench.processes import GATEWAY_CPU, OTHERS_CPU, family_cpu_s, on_core
from bench.results import Report
from bench.rounds import WARM_UP_S, Gun, Running, rotated
from bench.tables import heading
from bench.workloads import Workload

OWN, OURS = "its own", "Postern's"
BASE = "Envoy, token cache"
PATIENCE_S = 60


class NoGateway:
    """The application itself, which each gateway has behind it."""

    name = "no gateway"
    verifies = False

    def missing(self) -> str | None:
        return None

    def lacks(self, workload: Workload) -> str | None:  # noqa: ARG002 # it does all that is done without a token
        return None

    def version(self) -> str:
        return ""

    @contextlib.contextmanager
    def start(self, site: Site) -> Iterator[int]:  # noqa: ARG002 # it runs already
        yield os.getpid()


@dataclass(slots=True)
class Tail:
    """A gateway at a rate; of whose saturation that is the share, and each round."""

    gateway: str
    share_of: str
    rate: float
    rounds: list[Seen] = field(default_factory=list)
    # How much of its core it used.
    busy: list[float] = field(default_factory=list)

    def median(self, name: str) -> float:
        return float(statistics.median(getattr(one, name) for one in self.rounds))

    @property
    def errors(self) -> int:
        return sum(one.errors for one in self.rounds)


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse_options(arguments)
    if GATEWAY_CPU == OTHERS_CPU:
        print("bench: needs two cores, one for the gateway and one for the rest")
        return 1
    with running_peers(options) as made:
        gun, running, report = made.gun, made.running, made.report
        full = {one.peer.name: saturation(one, gun, options.seconds) for one in running}
        running.append(Running(NoGateway(), gun.application, os.getpid()))
        statuses = made.folder / "statuses"
        statuses.write_text(" ".join(map(str, gun.statuses)), encoding="utf-8")
        tails = planned(full, [one.peer.name for one in running], options.share)
        for number in range(options.rounds):
            for one in rotated(running, number):
                for tail in (tail for tail in tails if tail.gateway == one.peer.name):
                    ask(one, tail, gun, statuses, options.seconds)
    page = report_page(report, full, tails)
    write("tail", page, report, options.output, saturation=full, tails=[asdict(tail) for tail in tails])
    return 1 if report.failures or any(tail.errors for tail in tails) else 0


def parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = parser_of("Measure the slowest requests of `mixed` at a fixed rate.", rounds=12, seconds=1)
    help_ = "of the rate at which a gateway's core is full (0.6)"
    parser.add_argument("--share", type=float, default=0.6, help=help_)
    return parser.parse_args(arguments)


def saturation(one: Running, gun: Gun, seconds: float) -> float:
    """How many requests a second fill the core of a gateway: by its processor time under a load without a pause.

    What it answers meanwhile is as much only where neither the load nor other programs keep it from using its core.
    """
    gun.fire(one, WARM_UP_S)
    before = family_cpu_s(one.pid)
    load = gun.fire(one, seconds)
    each_s = (family_cpu_s(one.pid) - before) / load.requests
    say(f"{one.peer.name}: {load.per_second:,.0f} requests/s with {load.per_second * each_s:.0%} of its core")
    return 1 / each_s


def planned(full: dict[str, float], names: Sequence[str], share: float) -> list[Tail]:
    """What is measured: each at the share of its own saturation, and of Postern's, where there is one."""
    ours = full.get("Postern")
    return [
        Tail(name, share_of, share * rate)
        for share_of in (OWN, OURS)
        for name in names
        if (rate := full.get(name) if share_of == OWN else ours) and (name, share_of) != ("Postern", OURS)
    ]


def ask(one: Running, tail: Tail, gun: Gun, statuses: Path, seconds: float) -> None:
    """Ask a gateway at a rate, once."""
    raw = gun.ammunition.raw
    assert raw is not None, "mixed is whole requests"
    command: list[str | Path] = [sys.executable, "-m", "bench.paced", "--port", str(one.port), "--raw", raw]
    command += ["--first", str(one.next), "--rate", str(tail.rate), "--seconds", str(seconds)]
    command += ["--statuses", statuses] if one.peer.verifies else []
    before = family_cpu_s(one.pid)
    with on_core(OTHERS_CPU):
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + PATIENCE_S)
    seen = Seen(**json.loads(done.stdout))
    one.next += seen.requests
    tail.rounds.append(seen)
    tail.busy.append((family_cpu_s(one.pid) - before) / seconds)
    wrong = f": {seen.wrong}" if seen.wrong else ""
    say(
        f"  {one.peer.name:18} {tail.rate:8,.0f}/s, {tail.busy[-1]:4.0%} of its core: p50 {seen.p50_ms:.2f} ms, "
        f"p99 {seen.p99_ms:.2f} ms, p99.9 {seen.p999_ms:.2f} ms, late {seen.late_p99_ms:.2f} ms, "
        f"{seen.errors} errors{wrong}"
    )


HEAD = (
    "rate of", "gateway", "full at requests/s", "asked requests/s", "core used", "p50 ms", "p90 ms", "p99 ms",
    "p99 of Envoy's", "p99.9 ms", "longest ms", "load late, p99 ms", "errors",
)  # fmt: skip


def report_page(report: Report, full: dict[str, float], tails: Sequence[Tail]) -> str:
    """The medians of all rounds as Markdown; the ratio is the median of those within a round."""
    lines = [*heading(report), f"Load average at the end: {os.getloadavg()[0]:.1f}.", ""]
    lines += [f"| {' | '.join(HEAD)} |", f"| --- | --- |{' ---: |' * (len(HEAD) - 2)}"]
    lines += [f"| {' | '.join(row(tail, full, base_of(tail, tails)))} |" for tail in tails]
    return "\n".join(lines) + "\n"


def base_of(tail: Tail, tails: Sequence[Tail]) -> Tail | None:
    """Envoy at the same kind of rate."""
    return next((one for one in tails if one.gateway == BASE and one.share_of == tail.share_of), None)


def row(tail: Tail, full: dict[str, float], base: Tail | None) -> list[str]:
    pairs = zip(tail.rounds, base.rounds, strict=True) if base else ()
    ratios = [ours.p99_ms / theirs.p99_ms for ours, theirs in pairs]
    names = ("p50_ms", "p90_ms", "p99_ms", "p999_ms", "most_ms", "late_p99_ms")
    times = [f"{tail.median(name):.2f}" for name in names]
    return [
        tail.share_of,
        tail.gateway,
        f"{full[tail.gateway]:,.0f}" if tail.gateway in full else "",
        f"{tail.rate:,.0f}",
        f"{statistics.median(tail.busy):.0%}" if tail.gateway in full else "",
        *times[:3],
        f"{statistics.median(ratios):.2f}" if ratios else "",
        *times[3:],
        str(tail.errors),
    ]


if __name__ == "__main__":
    sys.exit(main())
