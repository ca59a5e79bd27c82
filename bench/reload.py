"""How long an edit takes to be in effect with many objects loaded, and whether a request fails meanwhile.

`postern run` serves a folder; one route's file is saved again and again with
another path, while clients keep asking for what does not change.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.gateway import TOKEN_HEADER, manifests
from bench.material import HOST
from bench.processes import free_port, resident_bytes, running, wait_for

OBJECTS_PER_FILE = 200
CLIENTS = 4
# Between two requests of a client: a light load, so that what a reload takes is not hidden by what the load takes.
THINK_S = 0.01
# Whoever looks for the edit asks this often, and finds it at most so much later than it was.
LOOK_EVERY_S = 0.01
EFFECT_TIMEOUT_S = 30.0
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass(slots=True)
class Seen:
    """What the clients have seen: how long each request took, in seconds, and what went wrong."""

    took_s: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def main() -> int:
    options = parse_options()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        upstream, listen, admin = (free_port() for _ in range(3))
        edited = write(folder, list(manifests(upstream, options.routes, options.credentials)))
        print(f"{options.routes} routes, {options.credentials} credentials, {len(list(folder.iterdir()))} files")
        command = [str(Path(sys.executable).parent / "postern"), "run", str(folder), "--workers", str(options.workers)]
        command += ["--listen", f"127.0.0.1:{listen}", "--admin", f"127.0.0.1:{admin}"]
        began = time.monotonic()
        with running(command) as process:
            config = wait_for(f"http://127.0.0.1:{admin}/config", lambda answer: json.loads(answer)["digest"])
            print(f"serving after {time.monotonic() - began:.1f} s", flush=True)
            failed = asyncio.run(measure(folder, edited, upstream, listen, options.edits))
            pids = [process.pid, *(worker["pid"] for worker in json.loads(config)["workers"])]
            memory = ", ".join(f"{resident_bytes(pid) / 2**20:.0f}" for pid in pids)
            print(f"resident memory of `postern run` and each worker: {memory} MiB")
    return 1 if failed else 0


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure how long an edit takes to be in effect.")
    parser.add_argument("--routes", type=int, default=10_000, help="how many routes there are (10000)")
    parser.add_argument("--credentials", type=int, default=50_000, help="how many credentials there are (50000)")
    parser.add_argument("--edits", type=int, default=20, help="how often a route is edited (20)")
    parser.add_argument("--workers", type=int, default=1, help="worker processes of the gateway (1)")
    return parser.parse_args()


def write(folder: Path, objects: list[dict[str, Any]]) -> dict[str, Any]:
    """Spread the objects over files; gives the route that is edited, which has a file of its own."""
    edited = next(it for it in objects if it["kind"] == "Route" and it["metadata"]["name"] == "r1")
    rest = [it for it in objects if it is not edited]
    for start in range(0, len(rest), OBJECTS_PER_FILE):
        documents = "\n---\n".join(map(json.dumps, rest[start : start + OBJECTS_PER_FILE]))
        (folder / f"{start:06d}.yaml").write_text(documents)
    save(folder, edited, 0)
    return edited


def save(folder: Path, route: dict[str, Any], edit: int) -> None:
    """Save the route with the path that belongs to an edit."""
    route["spec"]["paths"] = [{"type": "Exact", "value": f"/edit-{edit}"}]
    (folder / "edited.json").write_text(json.dumps(route))


async def measure(folder: Path, edited: dict[str, Any], upstream: int, listen: int, edits: int) -> bool:
    """Edit under load; whether anything failed."""
    server = await asyncio.start_server(_application, "127.0.0.1", upstream)
    quiet, busy = Seen(), Seen()
    async with server:
        await _load_for(quiet, listen, 3.0)
        ending = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for _ in range(CLIENTS):
                group.create_task(_client(busy, listen, ending))
            effects = [await _edit(folder, edited, listen, number) for number in range(1, edits + 1)]
            ending.set()
    print(f"edit to effect: median {statistics.median(effects):.3f} s, longest {max(effects):.3f} s of {edits}")
    for name, seen in (("without", quiet), ("with", busy)):
        print(
            f"requests {name} reloads: {len(seen.took_s)}, failed {len(seen.failures)}, "
            f"p50 {_percentile(seen.took_s, 50):.2f} ms, p99 {_percentile(seen.took_s, 99):.2f} ms"
        )
    for failure in (quiet.failures + busy.failures)[:5]:
        print(f"failed: {failure}")
    return bool(quiet.failures or busy.failures)


async def _edit(folder: Path, edited: dict[str, Any], listen: int, number: int) -> float:
    """Save an edit and look until it is in effect; gives the seconds that this took."""
    await asyncio.to_thread(save, folder, edited, number)
    began = time.monotonic()
    async with asyncio.timeout(EFFECT_TIMEOUT_S):
        while await _status(listen, f"/v1/edit-{number}") != 200:  # noqa: ASYNC110 # nobody tells
            await asyncio.sleep(LOOK_EVERY_S)
    return time.monotonic() - began


async def _load_for(seen: Seen, listen: int, seconds: float) -> None:
    ending = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, ending.set)
    async with asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(_client(seen, listen, ending))


async def _client(seen: Seen, listen: int, ending: asyncio.Event) -> None:
    """Ask over one connection, again and again."""
    reader, writer = await asyncio.open_connection("127.0.0.1", listen)
    while not ending.is_set():
        began = time.monotonic()
        try:
            status = await _ask(reader, writer, "/v1/r0")
        except (OSError, asyncio.IncompleteReadError) as error:
            seen.failures.append(type(error).__name__)
            reader, writer = await asyncio.open_connection("127.0.0.1", listen)
            continue
        if status != 200:
            seen.failures.append(f"status {status}")
        seen.took_s.append(time.monotonic() - began)
        await asyncio.sleep(THINK_S)
    writer.close()


async def _status(listen: int, path: str) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", listen)
    try:
        return await _ask(reader, writer, path)
    finally:
        writer.close()


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> int:
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n{TOKEN_HEADER}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    await reader.readexactly(length)
    return int(head[9:12])


async def _application(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(ANSWER)
    except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
        writer.close()


def _percentile(took_s: list[float], percent: int) -> float:
    return sorted(took_s)[min(len(took_s) * percent // 100, len(took_s) - 1)] * 1000


if __name__ == "__main__":
    sys.exit(main())
