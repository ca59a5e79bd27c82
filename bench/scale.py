"""How compiling grows: time and memory of the core alone, by the number of routes and of credentials.

Each size is measured in a process of its own, so that none finds another's memory.
The exponents are fitted by least squares over the logarithms: 1 is growth in
proportion, 2 would be with the square.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.gateway import SHARE, manifests
from bench.results import machine
from postern_core.codec import EncodeMemo, encode_snapshot
from postern_core.compile import compile_snapshot
from postern_core.memo import Memo
from postern_core.parse import Parsed, parse_manifest
from postern_operator.validators import VALIDATORS

RESULTS = Path(__file__).parent / "results"
# By what grows, the routes and credentials of each size.
SERIES = {
    "routes": ((1_000, 1), (10_000, 1), (100_000, 1)),
    "credentials": ((1, 1_000), (1, 10_000), (1, 50_000)),
}
# No larger one is needed to see that there is no problem of another kind where both are many.
BOTH = (10_000, 50_000)
TIMEOUT_S = 540


@dataclass(frozen=True, slots=True)
class Size:
    """What one size took: seconds, and bytes above what the process had before."""

    routes: int
    credentials: int
    parse_s: float
    compile_s: float
    encode_s: float
    # Both of these again, after an edit of one route, with everything else remembered.
    rebuild_s: float
    peak_bytes: int
    snapshot_bytes: int
    shards: int
    # Of those shards, the ones that the edit has changed.
    changed_shards: int

    @property
    def whole_s(self) -> float:
        return self.parse_s + self.compile_s + self.encode_s


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse_options(arguments)
    if options.size:
        print(json.dumps(asdict(measure(*options.size))))
        return 0
    series = {
        grows: [in_a_process(*size) for size in sizes if max(size) <= options.at_most]
        for grows, sizes in SERIES.items()
    }
    both = [in_a_process(*BOTH)] if max(BOTH) <= options.at_most else []
    exponents = {grows: fitted(grows, sizes) for grows, sizes in series.items()}
    page = report_page(series, both, exponents)
    options.output.mkdir(parents=True, exist_ok=True)
    everything = [*series["routes"], *series["credentials"], *both]
    told = {"machine": machine(), "sizes": [asdict(size) for size in everything], "exponents": exponents}
    (options.output / "scale.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    (options.output / "scale.md").write_text(page, encoding="utf-8")
    print(page)
    return 0


def parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure how the time and memory of compiling grow.")
    add = parser.add_argument
    add("--output", type=Path, default=RESULTS, metavar="DIR", help="where the results are written (bench/results)")
    add("--at-most", type=int, default=100_000, metavar="N", help="leave larger sizes out (100000)")
    add("--size", type=int, nargs=2, metavar="N", help="measure so many routes and credentials in this process alone")
    return parser.parse_args(arguments)


def in_a_process(routes: int, credentials: int) -> Size:
    """Measure one size in a fresh process."""
    command = [sys.executable, "-m", "bench.scale", "--size", str(routes), str(credentials)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=TIMEOUT_S)
    size = Size(**json.loads(done.stdout))
    print(f"{routes} routes, {credentials} credentials: {size.whole_s:.2f} s", file=sys.stderr, flush=True)
    return size


def measure(routes: int, credentials: int) -> Size:
    """Compile so many routes and credentials, and again after an edit of one."""
    objects = list(manifests(9, routes, credentials))
    before = _peak_bytes()
    memo, encode_memo = Memo(), EncodeMemo()
    began = time.process_time()
    parsed = [parse_manifest(one) for one in objects]
    parse_s, began = time.process_time() - began, time.process_time()
    compiled = compile_snapshot(parsed, inspectors=VALIDATORS, memo=memo, share=SHARE)
    compile_s, began = time.process_time() - began, time.process_time()
    encoded = encode_snapshot(compiled.snapshot, encode_memo)
    encode_s = time.process_time() - began
    peak = _peak_bytes() - before
    where, changed = edited(objects)
    began = time.process_time()
    parsed[where] = changed()
    recompiled = compile_snapshot(parsed, inspectors=VALIDATORS, memo=memo, share=SHARE)
    again = encode_snapshot(recompiled.snapshot, encode_memo)
    rebuild_s = time.process_time() - began
    if compiled.problems or encoded.digest == again.digest:
        raise ValueError("the manifests are wrong, or the edit is none")
    bytes_ = sum(len(shard.content) for shard in encoded.shards.values())
    changed_shards = len(again.shards.keys() - encoded.shards.keys())
    return Size(
        routes, credentials, parse_s, compile_s, encode_s, rebuild_s, peak, bytes_, len(encoded.shards), changed_shards
    )


def edited(objects: list[dict[str, Any]]) -> tuple[int, Any]:
    """The place of the first route, and what parses it with another path."""
    where = next(number for number, one in enumerate(objects) if one["kind"] == "Route")
    spec = {**objects[where]["spec"], "paths": [{"type": "Exact", "value": "/edited"}]}
    changed = {**objects[where], "spec": spec}

    def parse() -> Parsed:
        return parse_manifest(changed)

    return where, parse


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """The slope of the line of least squares through the logarithms of both."""
    fit = statistics.linear_regression([math.log(size) for size in sizes], [math.log(value) for value in values])
    return float(fit.slope)


def fitted(grows: str, sizes: Sequence[Size]) -> dict[str, float]:
    """The exponents of a series."""
    if len(sizes) < 2:
        return {}
    numbers = [getattr(size, grows) for size in sizes]
    values: dict[str, list[float]] = {
        "whole": [size.whole_s for size in sizes],
        "rebuild": [size.rebuild_s for size in sizes],
        "memory": [size.peak_bytes for size in sizes],
    }
    return {name: round(exponent(numbers, of), 2) for name, of in values.items()}


HEAD = (
    "routes", "credentials", "parse s", "compile s", "encode s", "rebuild after one edit s", "peak MiB",
    "snapshot MiB", "shards", "of them changed",
)  # fmt: skip


def report_page(series: dict[str, list[Size]], both: Sequence[Size], exponents: dict[str, dict[str, float]]) -> str:
    """The sizes as a Markdown table, and the exponents below."""
    sizes = [*series["routes"], *series["credentials"], *both]
    lines = [f"| {' | '.join(HEAD)} |", f"|{' ---: |' * len(HEAD)}", *map(row, sizes)]
    lines += ["", "| exponent of growth | all of it | a rebuild | memory |", "| --- | ---: | ---: | ---: |"]
    lines += [
        f"| with {grows} | {of['whole']:.2f} | {of['rebuild']:.2f} | {of['memory']:.2f} |"
        for grows, of in exponents.items()
        if of
    ]
    return "\n".join(lines) + "\n"


def row(size: Size) -> str:
    times = (size.parse_s, size.compile_s, size.encode_s, size.rebuild_s)
    cells = [
        f"{size.routes:,}",
        f"{size.credentials:,}",
        *(f"{seconds:.3f}" for seconds in times),
        f"{size.peak_bytes / 2**20:.0f}",
        f"{size.snapshot_bytes / 2**20:.1f}",
        str(size.shards),
        str(size.changed_shards),
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
