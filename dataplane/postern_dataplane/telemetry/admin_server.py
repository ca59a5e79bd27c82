"""The admin port: whether the process lives, is ready, what it counts and which snapshot it serves.

Read only, and nothing secret: a probe, a scraper and the operator ask here.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket

import msgspec
from aiohttp import web

from postern_core.admin_api import (
    CONFIG_PATH,
    UNKNOWN_KEYS_PATH,
    UNKNOWN_KEYS_WAIT_S,
    PortConfig,
    RefusedSnapshot,
    ServedConfig,
    UnknownKeys,
    WorkerConfig,
)
from postern_kit.admin_server import new_application, serve_admin

from .prometheus import expose
from .worker_pool import WorkerPool, WorkerState

WORKER_POOL = web.AppKey("worker_pool", WorkerPool)
# Questions about unknown keys that may wait at the same time; further ones are answered at once.
WAITING_MAX = 16
AFTER = re.compile("[0-9]{1,18}")
WAITING = web.AppKey("waiting", asyncio.Semaphore)


def admin_port(worker_pool: WorkerPool, listener: socket.socket) -> contextlib.AbstractAsyncContextManager[int]:
    """Answer on this socket as long as the context lasts."""
    return serve_admin(admin_application(worker_pool), listener)


def admin_application(worker_pool: WorkerPool) -> web.Application:
    application = new_application()
    application[WORKER_POOL] = worker_pool
    application[WAITING] = asyncio.Semaphore(WAITING_MAX)
    application.on_shutdown.append(answer_waiting)
    application.add_routes(
        [
            web.get("/healthz", healthz),
            web.get("/readyz", readyz),
            web.get("/metrics", metrics),
            web.get(CONFIG_PATH, config),
            web.get(UNKNOWN_KEYS_PATH, unknown_keys),
            web.route("*", "/{elsewhere:.*}", not_found),
        ]
    )
    return application


async def healthz(_request: web.Request) -> web.Response:
    """That the process lives; a liveness probe that asked for more would kill pods for the fault of another part."""
    return web.json_response({"status": "alive"})


async def readyz(request: web.Request) -> web.Response:
    """Whether every worker has a snapshot and none is about to stop."""
    reason = request.app[WORKER_POOL].why_not_ready()
    if reason:
        return web.json_response({"status": "not ready", "reason": reason}, status=503)
    return web.json_response({"status": "ready"})


async def metrics(request: web.Request) -> web.Response:
    content, content_type = expose(request.app[WORKER_POOL], request.headers.get("Accept", ""))
    return web.Response(body=content, headers={"Content-Type": content_type})


async def config(request: web.Request) -> web.Response:
    """The snapshot that all workers serve, and each worker's own."""
    worker_pool = request.app[WORKER_POOL]
    common = worker_pool.common
    workers = tuple(_worker_config(worker) for _, worker in sorted(worker_pool.workers.items()))
    ports = tuple(PortConfig(number, error) for number, error in worker_pool.ports.items())
    served = ServedConfig(digest=None, workers=workers, ports=ports)
    if common is not None:
        served = ServedConfig(common.digest, common.gateway, common.routes, common.loaded_at, workers, ports)
    return web.Response(body=msgspec.json.encode(served), content_type="application/json")


def _worker_config(worker: WorkerState) -> WorkerConfig:
    refused = RefusedSnapshot(worker.refused.digest, worker.refused.error) if worker.refused else None
    serving = worker.serving
    if serving is None:
        return WorkerConfig(worker.pid, refused=refused)
    return WorkerConfig(worker.pid, serving.digest, serving.loaded_at, refused)


async def unknown_keys(request: web.Request) -> web.Response:
    """Which issuers' tokens named unknown keys; waits while there are no others than the question knows of."""
    after, waiting = request.query.get("after", ""), request.app[WAITING]
    worker_pool = request.app[WORKER_POOL]
    if AFTER.fullmatch(after) and not waiting.locked():
        async with waiting:
            await worker_pool.wait_unknown_keys(int(after), UNKNOWN_KEYS_WAIT_S)
    issuers = worker_pool.unknown_keys()
    answer = UnknownKeys(sum(issuers.values()), issuers)
    return web.Response(body=msgspec.json.encode(answer), content_type="application/json")


async def answer_waiting(application: web.Application) -> None:
    """Let the questions that wait be answered, which would hold up the end of the process otherwise."""
    application[WORKER_POOL].end_waiting()


async def not_found(_request: web.Request) -> web.Response:
    return web.json_response(
        {"message": "there are /healthz, /readyz, /metrics, /config and /unknown-keys"}, status=404
    )
