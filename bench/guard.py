"""Whether a request costs more than it did: Postern's processor time as a share of a plain aiohttp proxy's.

Both run here and now, in turn, on one core, so that neither the machine nor what
else it does decides.  Requests as real traffic has them (`mixed`, without bodies), one that comes again, one that is
new each time and one that is refused have a share each, of what the proxy takes for one that comes again.  The shares
are compared with those in `guard.json`, which says how they were measured.  Only a real loss fails: a quarter or more,
in each of three attempts.  Nothing but Python is needed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.material import make_key, write_certificate
from bench.peers import Peer, Site
from bench.peers.plain_aiohttp import PlainAiohttp
from bench.peers.postern import Postern
from bench.processes import GATEWAY_CPU, OTHERS_CPU, family_cpu_s, free_port, on_core
from bench.workloads import WORKLOADS

KEPT = Path(__file__).with_name("guard.json")
# Of what is kept: a loss of a quarter fails.
ALLOWED = 1.25
ATTEMPTS = 3
ROUNDS = 7
CONNECTIONS = 16
# Of so many requests at once; each about a quarter of a second.
SALVOS = {"mixed": 150, "repeated": 300, "unlike": 150, "refused-missing": 600}
PLAIN_SALVOS = 75
WARM_UP_SALVOS = 60


@dataclass(frozen=True, slots=True)
class Costs:
    """The processor time of a request in microseconds, of each round."""

    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Ours as a share of theirs: the median over the rounds, each of which compares what ran within a second."""
        return statistics.median(ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True))


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse_options(arguments)
    if GATEWAY_CPU == OTHERS_CPU:
        print("guard: needs two cores")
        return 1
    if options.write:
        keep(measure(options.rounds))
        return 0
    kept = json.loads(KEPT.read_text(encoding="utf-8"))["ratios"]
    lost: dict[str, float] = {}
    for attempt in range(1, ATTEMPTS + 1):
        measured = measure(options.rounds)
        for name, costs in measured.items():
            print(
                f"guard: {name}: a request costs {statistics.median(costs.ours):.1f} us, {costs.ratio:.3f} of a plain "
                f"aiohttp proxy's {statistics.median(costs.theirs):.1f} us; kept: {kept[name]:.3f} (attempt {attempt})",
                flush=True,
            )
        lost = {name: costs.ratio for name, costs in measured.items() if has_lost(costs.ratio, kept[name])}
        if not lost:
            if any(costs.ratio * ALLOWED < kept[name] for name, costs in measured.items()):
                print("guard: much less than what is kept; keep it with `python -m bench.guard --write`")
            return 0
    for name, ratio in lost.items():
        print(f"guard: {name}: FAILED, this is {ratio / kept[name] - 1:.0%} more than what is kept in {KEPT.name}")
    return 1


def parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Fail when a request costs a quarter more than it did.")
    parser.add_argument("--write", action="store_true", help="measure, and keep the result as what is compared with")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"how often each is measured ({ROUNDS})")
    return parser.parse_args(arguments)


def has_lost(ratio: float, kept: float) -> bool:
    """Whether a measured share is a loss."""
    return ratio >= kept * ALLOWED


def keep(measured: dict[str, Costs]) -> None:
    """Write down what is compared with from now on."""
    costs = measured["repeated"]
    told = {
        "ratios": {name: round(costs.ratio, 4) for name, costs in measured.items()},
        "about": "Processor time of a request through Postern (one worker, 10 routes, one HS256 token) as a share of "
        "that through bench/peers/aiohttp_proxy.py: the median over the rounds of `python -m bench.guard --write`.",
        "rounds": len(costs.ours),
        "postern_us": {name: round(statistics.median(costs.ours), 1) for name, costs in measured.items()},
        "aiohttp_us": round(statistics.median(costs.theirs), 1),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "python": platform.python_version(),
        "aiohttp": PlainAiohttp().version(),
    }
    KEPT.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    print(f"guard: kept {told['ratios']}")


def measure(rounds: int) -> dict[str, Costs]:
    """Run both, and measure them in turn; by workload."""
    key = make_key("HS256")
    # Its routes take what all of the others ask for.
    workload = WORKLOADS["mixed"]
    peers: tuple[Peer, ...] = (Postern(), PlainAiohttp())
    ours: dict[str, list[float]] = {name: [] for name in SALVOS}
    theirs: list[float] = []
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        certificate = write_certificate(folder / "certificates" / "bench")
        gun = stack.enter_context(light(workload.paths[0], key.token()))
        running = []
        for number, peer in enumerate(peers):
            own = folder / str(number)
            own.mkdir()
            site = Site(workload, own, free_port(), gun.application, key, certificate)
            running.append((site.port, stack.enter_context(peer.start(site))))
            gun.fire(site.port, WARM_UP_SALVOS, "repeated")
        postern, plain = running
        for _ in range(rounds):
            for workload_name, salvos in SALVOS.items():
                ours[workload_name].append(cost_us(gun, *postern, salvos, workload_name))
            theirs.append(cost_us(gun, *plain, PLAIN_SALVOS, "repeated"))
    return {name: Costs(tuple(each), tuple(theirs)) for name, each in ours.items()}


def cost_us(gun: Light, port: int, pid: int, salvos: int, workload: str) -> float:
    """The processor time that a gateway takes for a request of a load."""
    before = family_cpu_s(pid)
    gun.fire(port, salvos, workload)
    return (family_cpu_s(pid) - before) / (salvos * CONNECTIONS) * 1e6


@dataclass(frozen=True, slots=True)
class Light:
    """The process that loads, and is the application."""

    process: subprocess.Popen[str]
    application: int

    def fire(self, port: int, salvos: int, workload: str) -> None:
        """Send so many salvos; raises when one request was not answered as it must be."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{port} {salvos} {CONNECTIONS} {workload}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise ChildProcessError("the load has ended")
        if errors := json.loads(line)["errors"]:
            raise ValueError(f"requests failed: {errors}")


@contextlib.contextmanager
def light(path: str, token: str) -> Iterator[Light]:
    """Start the load."""
    command = [sys.executable, "-m", "bench.light", "--path", path, "--token", token]
    with contextlib.ExitStack() as stack:
        with on_core(OTHERS_CPU):
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        stack.enter_context(process)
        assert process.stdout is not None
        try:
            yield Light(process, int(process.stdout.readline()))
        finally:
            process.terminate()


if __name__ == "__main__":
    sys.exit(main())
