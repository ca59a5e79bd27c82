"""The answers of the admin port."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from postern_dataplane.sockets import address_of, open_listener
from postern_dataplane.telemetry import admin_server
from postern_dataplane.telemetry.admin_server import WAITING_MAX, admin_application, admin_port
from postern_dataplane.telemetry.definitions import UNKNOWN_KEY_HINTS
from postern_dataplane.telemetry.worker_messages import SnapshotLoaded, SnapshotRefused, WorkerReport
from postern_dataplane.telemetry.worker_pool import WorkerPool
from postern_kit.addresses import Address

SERVING = SnapshotLoaded("abc", "default", 3, 10.0)


@pytest.fixture
def worker_pool():
    """One worker that has just started."""
    worker_pool = WorkerPool(1)
    worker_pool.started(0, 100)
    return worker_pool


@pytest.fixture
async def admin(worker_pool):
    async with TestClient(TestServer(admin_application(worker_pool))) as client:
        yield client


async def answer(admin, path, method="GET"):
    async with admin.request(method, path) as response:
        return response.status, await response.json()


async def test_health_needs_no_snapshot(admin):
    """A liveness probe must not kill for somebody else's fault."""
    assert (200, {"status": "alive"}) == await answer(admin, "/healthz")


async def test_readiness_says_what_is_missing(admin, worker_pool):
    """Readiness names what is missing, and nothing when all is there."""
    before = await answer(admin, "/readyz")
    worker_pool.record(0, SERVING)
    after = await answer(admin, "/readyz")
    assert (503, {"status": "not ready", "reason": "1 of 1 workers have no snapshot"}) == before
    assert (200, {"status": "ready"}) == after


async def test_config_is_the_digest_that_all_serve(admin, worker_pool):
    """With who serves what."""
    worker_pool.record(0, SERVING)
    worker_pool.record(0, SnapshotRefused("bad", "why"))
    worker_pool.ports = {81: "", 82: "in use"}
    assert (
        200,
        {
            "digest": "abc",
            "gateway": "default",
            "routes": 3,
            "loaded_at": 10.0,
            "workers": [
                {"pid": 100, "digest": "abc", "loaded_at": 10.0, "refused": {"digest": "bad", "error": "why"}},
            ],
            "ports": [{"port": 81}, {"port": 82, "error": "in use"}],
        },
    ) == await answer(admin, "/config")


async def test_config_is_null_before_the_first_snapshot(admin):
    """Nobody serves anything."""
    _, config = await answer(admin, "/config")
    assert (None, None) == (config["digest"], config["workers"][0]["digest"])


async def test_metrics_are_text(admin):
    """In the format that Prometheus asks for."""
    async with admin.get("/metrics") as response:
        assert "postern_workers 1.0" in await response.text()
        assert response.content_type == "text/plain"


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("GET", "/config/x"), ("POST", "/config")])
async def test_elsewhere_is_404_in_json(admin, method, path):
    """It says what there is."""
    status, body = await answer(admin, path, method)
    assert (404, ["message"]) == (status, list(body))


async def test_the_port_is_closed_with_the_context(worker_pool):
    """The port is open within the context, and closed after it."""
    listener = open_listener(Address("127.0.0.1", 0))
    address = address_of(listener)
    async with admin_port(worker_pool, listener):
        assert address == address_of(listener)
    open_listener(address).close()


async def test_unknown_keys_are_said_once_there_are_more(admin, worker_pool, monkeypatch):
    """A question that names no number, or another one, is answered at once."""
    counted = WorkerReport({UNKNOWN_KEY_HINTS.name: ((("TokenIssuer/demo/keycloak",), 3),)}, {}, {})
    empty = await answer(admin, "/unknown-keys")
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(answer(admin, "/unknown-keys?after=0"))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        worker_pool.record(0, counted)
    said = {"sequence": 3, "issuers": {"TokenIssuer/demo/keycloak": 3}}
    assert (200, {"sequence": 0, "issuers": {}}) == empty
    assert (200, said) == waiting.result() == await answer(admin, "/unknown-keys?after=7")
    monkeypatch.setattr(admin_server, "UNKNOWN_KEYS_WAIT_S", 0.01)
    assert (200, said) == await answer(admin, "/unknown-keys?after=3")


async def test_a_question_that_waits_is_answered_when_the_port_closes(worker_pool):
    """It is neither cut off nor does it hold up the end: `postern run` always has one."""

    async def ask():
        async with client.get(f"http://127.0.0.1:{port}/unknown-keys?after=0") as answered:
            return await answered.json()

    listener = open_listener(Address("127.0.0.1", 0))
    async with (
        aiohttp.ClientSession() as client,
        asyncio.TaskGroup() as tasks,
        admin_port(worker_pool, listener) as port,
    ):
        asked = tasks.create_task(ask())
        await asyncio.sleep(0.05)
        assert not asked.done()
    assert {"sequence": 0, "issuers": {}} == asked.result()


async def test_only_a_few_wait_for_unknown_keys(admin):
    """Further ones are answered at once, so that nothing piles up."""
    async with asyncio.TaskGroup() as tasks:
        waiting = [tasks.create_task(answer(admin, "/unknown-keys?after=0")) for _ in range(WAITING_MAX)]
        await asyncio.sleep(0.05)
        assert (200, {"sequence": 0, "issuers": {}}) == await answer(admin, "/unknown-keys?after=0")
        for task in waiting:
            task.cancel()
