"""How soon an edit in a cluster is served, and what a start of the operator costs with many objects.

A real API server, an operator, a sidecar and a data plane, all on this machine.
Run with the tests' harness on the path: `make bench-cluster`.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import re
import ssl
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import aiohttp

from bench.gateway import TOKEN_HEADER, manifests
from bench.material import HOST
from bench.processes import cpu_s, free_port, resident_bytes, wait_for
from cluster.control_plane import ControlPlane
from cluster.kubectl import Kubectl
from cluster.shared import Api
from cluster.sources import NoCluster, find_programs
from installation import Installation

ROOT = Path(__file__).parents[1]
NAMESPACE, GATEWAY_NAMESPACE = "bench", "postern-default"
CREATED_AT_ONCE = 48
LOOK_EVERY_S = 0.01
TIMEOUT_S = 600.0
IDLE_S = 10.0
REQUESTS = "postern_operator_api_requests_total"
EDITED = "r1"
PLURALS = {"Secret": "secrets", "JWTCredential": "jwtcredentials"}
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def main() -> int:
    options = parse_options()
    try:
        programs = find_programs()
    except NoCluster as missing:
        print(f"bench: needs {missing}")
        return 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plane = ControlPlane(programs, folder)
        try:
            plane.start()
            kubectl = Kubectl(Api(plane.kubeconfig, programs.kubectl), folder)
            kubectl("apply", "--server-side", f"--filename={ROOT / 'crds'}", check=True)
            for namespace in (NAMESPACE, GATEWAY_NAMESPACE):
                kubectl("create", "namespace", namespace, check=True)
            asyncio.run(measure(plane, kubectl, folder, options))
        finally:
            plane.stop()
    return 0


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the operator with many objects.")
    parser.add_argument("--routes", type=int, default=10, help="how many routes there are (10)")
    parser.add_argument("--credentials", type=int, default=1, help="how many credentials there are (1)")
    parser.add_argument("--edits", type=int, default=100, help="how often a route is edited (100)")
    return parser.parse_args()


async def measure(plane: ControlPlane, kubectl: Kubectl, folder: Path, options: argparse.Namespace) -> None:
    """Fill the cluster, start everything, and edit."""
    upstream = free_port()
    server = await asyncio.start_server(_application, "127.0.0.1", upstream)
    context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    context.load_cert_chain(folder / "admin.crt", folder / "admin.key")
    connector = aiohttp.TCPConnector(ssl=context, limit=CREATED_AT_ONCE)
    installation = Installation(kubectl, folder, GATEWAY_NAMESPACE)
    async with server, aiohttp.ClientSession(plane.server, connector=connector) as api:
        began = time.monotonic()
        objects = list(manifests(upstream, options.routes, options.credentials))
        await create(api, objects)
        print(f"{len(objects)} objects created in {time.monotonic() - began:.0f} s", flush=True)
        try:
            admin = await asyncio.to_thread(start, installation)
            idle = await requests_during(admin, asyncio.sleep(IDLE_S))
            began = time.monotonic()
            effects: list[float] = []
            busy = await requests_during(admin, edit_all(api, installation, options.edits, effects))
            took_s = time.monotonic() - began
        finally:
            installation.close()
    ordered = sorted(effects)
    print(
        f"edit to effect: p50 {statistics.median(effects):.3f} s, "
        f"p99 {ordered[min(len(ordered) * 99 // 100, len(ordered) - 1)]:.3f} s of {len(effects)}"
    )
    print(f"requests to the API server: {per_edit(idle, busy, took_s, options.edits)}")


async def edit_all(api: aiohttp.ClientSession, installation: Installation, edits: int, effects: list[float]) -> None:
    effects += [await edit(api, installation, number) for number in range(edits)]


async def requests_during(admin: str, doing: Coroutine[Any, Any, None]) -> Counter[str]:
    """How many requests to the API server, by verb, the operator has made meanwhile."""
    before = await asyncio.to_thread(_requests, admin)
    await doing
    return await asyncio.to_thread(_requests, admin) - before


def _requests(admin: str) -> Counter[str]:
    page = wait_for(f"http://{admin}/metrics", bool)
    made: Counter[str] = Counter()
    for verb, count in re.findall(rf'^{REQUESTS}{{.*verb="(\w+)".*}} (\S+)$', page, re.MULTILINE):
        made[verb] += int(float(count))
    return made


def per_edit(idle: Counter[str], busy: Counter[str], took_s: float, edits: int) -> str:
    """What an edit adds to what is asked anyway: the Lease is renewed each second, and watches end."""
    told = []
    for verb, count in sorted(busy.items()):
        anyway = idle[verb] / IDLE_S * took_s
        told.append(f"{verb} {max(count - anyway, 0) / edits:.2f}")
    return f"{', '.join(told) or 'none'} an edit, beside {idle.total() / IDLE_S:.1f} a second without any"


async def create(api: aiohttp.ClientSession, objects: list[dict[str, Any]]) -> None:
    """Create the objects, many at a time."""
    waiting = iter(objects)

    async def worker(mine: Iterator[dict[str, Any]]) -> None:
        for one in mine:
            async with api.post(_path(one), json=one) as answer:
                answer.raise_for_status()

    async with asyncio.TaskGroup() as group:
        for _ in range(CREATED_AT_ONCE):
            group.create_task(worker(waiting))


def _path(manifest: dict[str, Any], name: str = "") -> str:
    version, kind = manifest["apiVersion"], manifest["kind"]
    root = "/api/v1" if version == "v1" else f"/apis/{version}"
    return f"{root}/namespaces/{NAMESPACE}/{PLURALS.get(kind, kind.lower() + 's')}{name and '/' + name}"


def start(installation: Installation) -> str:
    """Start the operator until it has published, then what serves; tell what that took; gives its admin address."""
    began = time.monotonic()
    operator = installation.start_operator()
    operator.has_said("published", TIMEOUT_S)
    took_s = time.monotonic() - began
    print(
        f"operator: published after {took_s:.1f} s, {cpu_s(operator.pid):.1f} s of processor time, "
        f"{resident_bytes(operator.pid) / 2**20:.0f} MiB resident",
        flush=True,
    )
    installation.start_sidecar()
    installation.start_data_plane().has_said("snapshot loaded", TIMEOUT_S)
    print(f"the data plane serves {time.monotonic() - began:.1f} s after the operator's start", flush=True)
    return str(operator.has_said("operator started", TIMEOUT_S)["admin"])


async def edit(api: aiohttp.ClientSession, installation: Installation, number: int) -> float:
    """Patch a route and look until it serves; gives the seconds from the API server's answer to that."""
    route = {"apiVersion": "postern.dev/v1alpha1", "kind": "Route"}
    patch = {"spec": {"paths": [{"type": "Exact", "value": f"/edit-{number}"}]}}
    headers = {"Content-Type": "application/merge-patch+json"}
    async with api.patch(_path(route, EDITED), data=json.dumps(patch), headers=headers) as answer:
        answer.raise_for_status()
    began = time.monotonic()
    async with asyncio.timeout(TIMEOUT_S):
        while await _status(installation.listen, f"/v1/edit-{number}") != 200:  # noqa: ASYNC110 # nobody tells
            await asyncio.sleep(LOOK_EVERY_S)
    return time.monotonic() - began


async def _status(listen: tuple[str, int], path: str) -> int:
    reader, writer = await asyncio.open_connection(*listen)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n{TOKEN_HEADER}\r\nConnection: close\r\n\r\n".encode())
    head = await reader.readline()
    writer.close()
    return int(head[9:12])


async def _application(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        for _ in itertools.count():
            await reader.readuntil(b"\r\n\r\n")
            writer.write(ANSWER)
    except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
        writer.close()


if __name__ == "__main__":
    sys.exit(main())
