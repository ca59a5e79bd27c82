"""What a reload costs with many objects loaded: a worker's time and memory, requests meanwhile, and the wait for it.

`postern run` serves a folder, in which one route's file is saved again and
again with another path, while clients keep asking for what does not change.

The worker has a core of its own.  The clients, the application and all else
share another, on which the process that compiles gives way once there are
clients.  So what a request waits for is the worker, and not that a client could
not run; how far that holds is told by the requests during edits that change
nothing which is served, for which as much is compiled and nothing loaded.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.asking import Seen, application, load, status
from bench.gateway import manifests
from bench.processes import GATEWAY_CPU, OTHERS_CPU, cpu_s, free_port, on_core, resident_bytes, running, wait_for

OBJECTS_PER_FILE = 200
# The loads take turns, so that what else the machine does falls on all.
ROUNDS = 4
# Whoever looks for an edit finds it at most so much later than it was in effect.
LOOK_EVERY_S = 0.01
# Meanwhile the clients are on the same core.
LOOK_UNDER_LOAD_S = 0.05
EFFECT_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Weight:
    """What a process has used of its core, in seconds, and the memory that it has, in bytes."""

    cpu_s: float
    resident_bytes: int

    @classmethod
    def of(cls, pid: int) -> Weight:
        return cls(cpu_s(pid), resident_bytes(pid))

    def since(self, before: Weight) -> Weight:
        return Weight(self.cpu_s - before.cpu_s, self.resident_bytes - before.resident_bytes)


class Site:
    """The folder that is served, the route that is edited in it, and the gateway's ports."""

    def __init__(self, folder: Path, objects: list[dict[str, Any]], listen: int, admin: int) -> None:
        self.folder = folder
        self.listen, self.admin = listen, admin
        self._route = next(it for it in objects if it["kind"] == "Route" and it["metadata"]["name"] == "r1")
        self._objects = [it for it in objects if it is not self._route]
        self._edits = self._touches = 0
        first = [it for it in self._objects if it["kind"] not in ("Route", "JWTCredential")]
        _write(folder / "service.yaml", first)
        self.save()

    def add_all(self) -> None:
        """Put all routes and credentials there, at once."""
        rest = [it for it in self._objects if it["kind"] in ("Route", "JWTCredential")]
        with tempfile.TemporaryDirectory(dir=self.folder.parent) as name:
            for start in range(0, len(rest), OBJECTS_PER_FILE):
                _write(Path(name) / f"{start:06d}.yaml", rest[start : start + OBJECTS_PER_FILE])
            for path in sorted(Path(name).iterdir()):
                path.rename(self.folder / path.name)

    def save(self) -> str:
        """Save the route with another path, and give that."""
        self._edits += 1
        self._route["spec"]["paths"] = [{"type": "Exact", "value": f"/edit-{self._edits}"}]
        self._write_route()
        return f"/v1/edit-{self._edits}"

    def touch(self) -> None:
        """Save the route with another annotation, which nothing that is served depends on."""
        self._touches += 1
        self._route["metadata"]["annotations"] = {"touched": str(self._touches)}
        self._write_route()

    def _write_route(self) -> None:
        (self.folder / "edited.json").write_text(json.dumps(self._route))

    async def digest(self) -> str:
        """What is served, as the supervisor says: the worker is not asked."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.admin)
        writer.write(b"GET /config HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        return str(json.loads(answer.partition(b"\r\n\r\n")[2])["digest"])


def _write(path: Path, objects: list[dict[str, Any]]) -> None:
    path.write_text("\n---\n".join(map(json.dumps, objects)))


def main() -> int:
    options = parse_options()
    upstream, listen, admin = (free_port() for _ in range(3))
    with tempfile.TemporaryDirectory() as name, on_core(OTHERS_CPU):
        folder = Path(name) / "served"
        folder.mkdir()
        objects = list(manifests(upstream, options.routes, options.credentials))
        site = Site(folder, objects, listen, admin)
        with served(site, options.workers) as pids:
            first_load(site, options.routes, pids)
            failed = asyncio.run(measure(site, upstream, pids, options))
            memory = ", ".join(f"{resident_bytes(pid) / 2**20:.0f}" for pid in pids)
            print(f"resident memory of `postern run` and each worker: {memory} MiB")
    return 1 if failed else 0


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure what a reload costs.")
    parser.add_argument("--routes", type=int, default=10_000, help="how many routes there are (10000)")
    parser.add_argument("--credentials", type=int, default=50_000, help="how many credentials there are (50000)")
    parser.add_argument("--edits", type=int, default=20, help="how often a route is edited without a load (20)")
    parser.add_argument("--requests", type=int, default=6_000, help="requests of each load (6000)")
    parser.add_argument("--workers", type=int, default=1, help="worker processes of the gateway, on one core (1)")
    return parser.parse_args()


@contextlib.contextmanager
def served(site: Site, workers: int) -> Iterator[list[int]]:
    """Serve the folder; gives the ids of `postern run` and of each worker."""
    command = [str(Path(sys.executable).parent / "postern"), "run", str(site.folder), "--workers", str(workers)]
    command += ["--listen", f"127.0.0.1:{site.listen}", "--admin", f"127.0.0.1:{site.admin}"]
    with running(command) as process:
        config = wait_for(f"http://127.0.0.1:{site.admin}/config", lambda answer: json.loads(answer)["digest"])
        pids = [worker["pid"] for worker in json.loads(config)["workers"]]
        for pid in pids:
            settle(pid, GATEWAY_CPU, os.SCHED_OTHER)
        yield [process.pid, *pids]


def settle(pid: int, cpu: int, policy: int) -> None:
    """Let a process with all its threads run on this core only, by this policy of the scheduler."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), {cpu})
        os.sched_setscheduler(int(task.name), policy, os.sched_param(0))


def first_load(site: Site, routes: int, pids: list[int]) -> None:
    """Put everything into the folder, and tell what that takes."""
    before = Weight.of(pids[1])
    site.add_all()
    began = time.monotonic()
    wait_for(f"http://127.0.0.1:{site.admin}/config", lambda answer: json.loads(answer)["routes"] == routes)
    took_s = time.monotonic() - began
    print(f"{len(list(site.folder.iterdir()))} files, served {took_s:.1f} s after they were there")
    tell("the first load of all", Weight.of(pids[1]).since(before))


def tell(what: str, weight: Weight, times: int = 1) -> None:
    cpu_ms, kib = weight.cpu_s / times * 1000, weight.resident_bytes / times / 1024
    print(f"{what}: {cpu_ms:.1f} ms of a worker's processor time, {kib:,.0f} KiB more memory", flush=True)


async def measure(site: Site, upstream: int, pids: list[int], options: argparse.Namespace) -> bool:
    """Edit with a load and without; whether anything failed."""
    async with await asyncio.start_server(application, "127.0.0.1", upstream):
        effects = [await _effect(site) for _ in range(options.edits)]
        print(f"edit to effect: median {statistics.median(effects):.3f} s, longest {max(effects):.3f} s")
        tell(f"each of {options.edits} reloads", await _reloads(site, pids[1], options.edits), options.edits)
        settle(pids[0], OTHERS_CPU, os.SCHED_IDLE)
        loads = {
            "at rest": Load(lambda: _look_for(site, LOOK_UNDER_LOAD_S)),
            "while it compiles": Load(lambda: _touch(site, statistics.median(effects))),
            "during reloads": Load(lambda: _reload(site)),
        }
        for _ in range(ROUNDS):
            for one in loads.values():
                await one.go_on(site, options.requests // ROUNDS)
    rest, compiling, reloads = loads.values()
    for what, one in loads.items():
        print(f"requests {what}: {one.described()}")
    for what, one in (("at rest", rest), ("while it compiles", compiling)):
        print(f"p99 during {reloads.times} reloads is {reloads.p99_ms / one.p99_ms:.2f} times that {what}")
    failures = [failure for one in loads.values() for failure in one.seen.failures]
    for failure in failures[:5]:
        print(f"failed: {failure}")
    return bool(failures)


class Load:
    """Requests, and what is done again and again meanwhile."""

    def __init__(self, meanwhile: Callable[[], Awaitable[None]]) -> None:
        self._meanwhile = meanwhile
        self.seen = Seen()
        self.times = 0

    @property
    def p99_ms(self) -> float:
        return self.seen.percentile_ms(99)

    async def go_on(self, site: Site, requests: int) -> None:
        """Ask so often more."""
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(load(self.seen, site.listen, "/v1/r0", requests))
            while not asking.done():
                await self._meanwhile()
                self.times += 1

    def described(self) -> str:
        seen = self.seen
        return (
            f"{len(seen.took_s)}, failed {len(seen.failures)}, "
            f"p50 {seen.percentile_ms(50):.2f} ms, p99 {self.p99_ms:.2f} ms"
        )


async def _effect(site: Site) -> float:
    """Save an edit and look until it is in effect; gives the seconds that this took."""
    began = time.monotonic()
    path = site.save()
    async with asyncio.timeout(EFFECT_TIMEOUT_S):
        while await status(site.listen, path) != 200:  # noqa: ASYNC110 # nobody tells
            await asyncio.sleep(LOOK_EVERY_S)
    return time.monotonic() - began


async def _reload(site: Site) -> None:
    """Save an edit and look, without a request to the worker, until it is in effect."""
    before = await site.digest()
    site.save()
    async with asyncio.timeout(EFFECT_TIMEOUT_S):
        while await site.digest() in (before, "None"):  # noqa: ASYNC110 # nobody tells
            await asyncio.sleep(LOOK_UNDER_LOAD_S)


async def _touch(site: Site, seconds: float) -> None:
    """Save what changes nothing, and look for as long as an edit takes."""
    site.touch()
    await _look_for(site, seconds)


async def _look_for(site: Site, seconds: float) -> None:
    """Look as often as for an edit, so that this is no difference."""
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        await site.digest()
        await asyncio.sleep(LOOK_UNDER_LOAD_S)


async def _reloads(site: Site, worker: int, count: int) -> Weight:
    """What so many reloads cost a worker beyond what it costs anyway, without a single request."""
    before, began = Weight.of(worker), time.monotonic()
    for _ in range(count):
        await _reload(site)
    after, took_s = Weight.of(worker), time.monotonic() - began
    await asyncio.sleep(took_s)
    idle_s = Weight.of(worker).since(after).cpu_s
    cost = after.since(before)
    return Weight(cost.cpu_s - idle_s, cost.resident_bytes)


if __name__ == "__main__":
    sys.exit(main())
