"""What connections cost that wait for a request: memory, a gateway's idle time, and a request of `mixed` among them.

Each connection has had one answer and stays open.  The gateways are measured in turn, with none of them, a thousand and
nearly ten thousand.  Memory of the kernel is that of both ends, as both are here.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import re
import socket
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from bench.compare import say
from bench.mixed_peers import parser_of, running_peers, write
from bench.paced import Connection, Shot, read_shots
from bench.processes import family, family_cpu_s, resident_bytes
from bench.results import Report
from bench.rounds import WARM_UP_S, Gun, Running, rotated
from bench.tables import figure, heading
from bench.wrk import Load

# Two open files each are what gateways count with, and 20,000 are allowed where this was written.
COUNTS = (0, 1_000, 9_500)
IDLE_S = 5.0
# Makes each request of these connections one that the load does not send: a head that comes twice is worth remembering.
NUMBERS = itertools.count()


@dataclass(frozen=True, slots=True)
class Round:
    """What one gateway had with so many connections."""

    resident_bytes: int
    kernel_bytes: int
    idle_cpu_ms: float
    cpu_us: float
    # Connections that were closed meanwhile.
    lost: int
    load: Load


@dataclass(slots=True)
class Idle:
    """A gateway with so many connections."""

    gateway: str
    connections: int
    rounds: list[Round] = field(default_factory=list)

    def median(self, name: str) -> float:
        return float(statistics.median(getattr(one, name) for one in self.rounds))


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse_options(arguments)
    counts = sorted({0, *options.connections})
    with running_peers(options) as made:
        gun, running, report = made.gun, made.running, made.report
        idles = {(one.peer.name, count): Idle(one.peer.name, count) for one in running for count in counts}
        for one in running:
            # What a gateway makes once, for as many requests as are under way, is no cost of idle connections.
            gun.fire(one, options.seconds)
        for number, count in itertools.product(range(options.rounds), counts):
            for one in rotated(running, number):
                measured = measure(one, gun, count, options.seconds)
                idles[one.peer.name, count].rounds.append(measured)
                say(f"  {one.peer.name:18} {count:6,}: {measured.cpu_us:.1f} us, idle {measured.idle_cpu_ms:.2f} ms/s")
    page = report_page(report, idles)
    write("idle", page, report, options.output, idle=[asdict(one) for one in idles.values()])
    wrong = sum(each.lost + each.load.errors for one in idles.values() for each in one.rounds)
    return 1 if report.failures or wrong else 0


def parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = parser_of("Measure what idle connections cost.", rounds=3, seconds=3)
    help_ = "how many there are (0 1000 9500)"
    parser.add_argument("--connections", type=int, nargs="+", default=COUNTS, metavar="N", help=help_)
    return parser.parse_args(arguments)


def measure(one: Running, gun: Gun, count: int, seconds: float) -> Round:
    """Open so many connections, look at what they cost, and close them."""
    assert gun.ammunition.raw is not None, "mixed is whole requests"
    shots = zip(read_shots(gun.ammunition.raw, None), gun.statuses, strict=True)
    good = [shot for shot, status in shots if status == 200]
    resident, kernel = resident_of(one.pid), kernel_bytes()
    with held(one.port, good, count) as connections:
        resident, kernel = resident_of(one.pid) - resident, kernel_bytes() - kernel
        before = family_cpu_s(one.pid)
        time.sleep(IDLE_S)
        idle_cpu_ms = (family_cpu_s(one.pid) - before) / IDLE_S * 1000
        gun.fire(one, WARM_UP_S)
        before = family_cpu_s(one.pid)
        load = gun.fire(one, seconds)
        cpu_us = (family_cpu_s(one.pid) - before) / load.requests * 1e6
        lost = sum(not is_open(connection.socket) for connection in connections)
    return Round(resident, kernel, idle_cpu_ms, cpu_us, lost, load)


@contextlib.contextmanager
def held(port: int, shots: Sequence[Shot], count: int) -> Iterator[list[Connection]]:
    """So many connections, each of which has had one right answer."""
    connections: list[Connection] = []
    try:
        for shot in itertools.islice(itertools.cycle(shots), count):
            connection = Connection(port)
            connections.append(connection)
            mark = b"x-request-id: idle-%d-" % next(NUMBERS)
            connection.ask(replace(shot, wire=shot.wire.replace(b"x-request-id: ", mark)), 0.0)
            while (wrong := connection.answer()) is None:
                pass
            if wrong:
                raise ValueError(f"connection {len(connections)} got a wrong answer: {wrong}")
        yield connections
    finally:
        for connection in connections:
            connection.socket.close()


def is_open(connection: socket.socket) -> bool:
    """Whether the gateway has kept a connection, on which nothing is under way."""
    connection.settimeout(0)
    try:
        connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        pass
    # Its end has come, or bytes that nobody has asked for.
    return False


def resident_of(pid: int) -> int:
    return sum(map(resident_bytes, family(pid)))


def kernel_bytes() -> int:
    """The memory that the kernel has for itself and can't give back: sockets and open files are of it."""
    found = re.search(r"^SUnreclaim: *(\d+) kB$", Path("/proc/meminfo").read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None, "Linux says this"
    return int(found[1]) * 1024


HEAD = (
    "gateway", "idle connections", "resident KiB of each", "kernel KiB of each, both ends", "CPU at rest, ms a second",
    "`mixed` us: median (least - most)", "of none", "p99 ms", "closed", "errors",
)  # fmt: skip


def report_page(report: Report, idles: dict[tuple[str, int], Idle]) -> str:
    """The medians as Markdown; memory is of the first round, as what is freed serves the next."""
    lines = [*heading(report), "", f"| {' | '.join(HEAD)} |", f"| --- |{' ---: |' * (len(HEAD) - 1)}"]
    lines += [f"| {' | '.join(row(one, idles[one.gateway, 0]))} |" for one in idles.values()]
    return "\n".join(lines) + "\n"


def row(one: Idle, none: Idle) -> list[str]:
    first, count = one.rounds[0], one.connections
    times = [each.cpu_us for each in one.rounds]
    ratios = [each.cpu_us / alone.cpu_us for each, alone in zip(one.rounds, none.rounds, strict=True)]
    return [
        one.gateway,
        f"{count:,}",
        f"{first.resident_bytes / count / 1024:.1f}" if count else "",
        f"{first.kernel_bytes / count / 1024:.1f}" if count else "",
        f"{one.median('idle_cpu_ms'):.1f}",
        f"{figure(statistics.median(times))} ({figure(min(times))} - {figure(max(times))})",
        f"{statistics.median(ratios):.2f}" if count else "",
        f"{statistics.median(each.load.p99_ms for each in one.rounds):.2f}",
        str(sum(each.lost for each in one.rounds)),
        str(sum(each.load.errors for each in one.rounds)),
    ]


if __name__ == "__main__":
    sys.exit(main())
