"""wrk as the load: started with what a workload asks for, and its report read."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.material import HOST
from bench.processes import OTHERS_CPU, on_core
from bench.workloads import Workload

LUA = Path(__file__).parent / "lua"
# How long wrk may take to end after its time.
PATIENCE_S = 60

# Of so many requests how many must be refused, and by how many that may be wrong: those that are still on their way.
Refusals = Callable[[int], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Load:
    """What a load has seen."""

    requests: int
    per_second: float
    p50_ms: float
    p99_ms: float
    p999_ms: float
    # Answers that were not as they must be, and requests without any.
    errors: int


@dataclass(frozen=True, slots=True)
class Ammunition:
    """What wrk's scripts read: files of tokens and paths, or of whole requests; None where there is none of it."""

    token: str | None = None
    tokens: Path | None = None
    paths: Path | None = None
    raw: Path | None = None


def command(
    workload: Workload, port: int, ammunition: Ammunition, script: Path, *, seconds: float, first: int
) -> list[str | Path]:
    """The command line of wrk; `first` is the number of the request to begin with."""
    headers = [f"Host: {HOST}"]
    if ammunition.token:
        headers.append(f"Authorization: Bearer {ammunition.token}")
    if workload.origin:
        headers.append(f"Origin: {workload.origin}")
    if workload.closes:
        headers.append("Connection: close")
    scheme = "https" if workload.tls else "http"
    # wrk takes whole seconds only.
    line: list[str | Path] = ["wrk", "-t1", f"-c{workload.connections}", f"-d{max(1, round(seconds))}s", "--latency"]
    line += ["--timeout", "10s", "-s", script]
    for header in headers:
        line += ["-H", header]
    line += [f"{scheme}://127.0.0.1:{port}{workload.paths[0]}", "--", workload.method]
    if ammunition.raw:
        line = [*line[:-1], ammunition.raw, str(first)]
    elif ammunition.paths:
        line += [ammunition.paths, ammunition.tokens or "-", str(first)]
    elif workload.upload_bytes:
        line += [str(workload.upload_bytes)]
    return line


def write_raw(path: Path, requests: Iterable[bytes]) -> Path:
    """Write requests as `raw.lua` reads them."""
    path.write_bytes(b"".join(b"%d\n%s" % (len(wire), wire) for wire in requests))
    return path


def write_script(folder: Path, workload: Workload, *, differing: bool) -> Path:
    """The script of a workload: wrk takes one file."""
    parts = ["report.lua"]
    if workload.has_ids:
        parts.append("raw.lua")
    elif differing:
        parts.append("many.lua")
    elif workload.upload_bytes:
        parts.append("upload.lua")
    script = folder / "load.lua"
    script.write_text("\n".join((LUA / part).read_text(encoding="utf-8") for part in parts), encoding="utf-8")
    return script


def fire(line: Sequence[str | Path], seconds: float, refusals: Refusals) -> Load:
    """Run wrk, of whose requests so many must be refused."""
    with on_core(OTHERS_CPU):
        done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=seconds + PATIENCE_S)
    if done.returncode:
        raise ChildProcessError(f"wrk has failed: {done.stderr.strip() or done.stdout.strip()}")
    return read_report(done.stdout, refusals)


def read_report(output: str, refusals: Refusals) -> Load:
    """What `report.lua` has written; errors are answers above 399 that must not come, and missing ones that must."""
    found = re.search(r"^REPORT (\{.*\})$", output, re.MULTILINE)
    if found is None:
        raise ValueError(f"wrk gave no report: {output[-500:]}")
    said = json.loads(found[1])
    requests = int(said["requests"])
    must_be, slack = refusals(requests)
    wrong = max(abs(said["refused"] - must_be) - slack, 0)
    return Load(
        requests=requests,
        per_second=requests / (said["duration_us"] / 1e6),
        p50_ms=said["p50_us"] / 1000,
        p99_ms=said["p99_us"] / 1000,
        p999_ms=said["p999_us"] / 1000,
        errors=int(wrong) + int(said["broken"]),
    )
