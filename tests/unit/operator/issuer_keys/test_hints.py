"""Asks a data plane which issuers' tokens name unknown keys."""

import asyncio
import json

import aiohttp
import pytest

from fake_provider import fake_provider
from postern_dataplane.telemetry.admin_server import admin_application
from postern_dataplane.telemetry.definitions import UNKNOWN_KEY_HINTS
from postern_dataplane.telemetry.worker_messages import WorkerReport
from postern_dataplane.telemetry.worker_pool import WorkerPool
from postern_kit.admin_server import serve_admin
from postern_operator.issuer_keys import hints
from postern_operator.issuer_keys.hints import follow_hints


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(hints, "PAUSE_S", 0.01)


async def first_hints(origins, count, during=lambda heard: None):
    """Return so many hints; `during` is called with those so far after each."""
    heard = []
    found = asyncio.Event()

    def hint(issuers):
        heard.append(issuers)
        during(heard)
        if len(heard) == count:
            found.set()

    async with aiohttp.ClientSession() as session, asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(follow_hints(origins, session, hint))
        await found.wait()
        task.cancel()
    return heard


async def test_a_hint_comes_with_the_first_refused_token():
    """Another one comes with the next, and an issuer without any more is in none."""
    pool = WorkerPool(1)
    pool.started(0, 1)

    def refuse(issuer):
        pool.record(0, WorkerReport({UNKNOWN_KEY_HINTS.name: (((issuer,), 1),)}, {}, {}))

    refuse("a")
    async with serve_admin(admin_application(pool), ("127.0.0.1", 0)) as port:
        origins = ["http://127.0.0.1:1", f"http://127.0.0.1:{port}"]
        loop = asyncio.get_running_loop()
        heard = await first_hints(origins, 3, lambda heard: loop.call_later(0.1, refuse, "ab"[len(heard) % 2]))

    assert [{"a"}, {"b"}, {"a"}] == heard


async def test_a_data_plane_that_has_restarted_counts_anew():
    """A smaller count is another one."""
    async with fake_provider() as admin:
        answers = iter([{"sequence": 9, "issuers": {"a": 9}}, {"sequence": 1, "issuers": {"a": 1}}])

        def answer(_heard):
            admin.serve("/unknown-keys", json.dumps(next(answers, {"sequence": 1})).encode())

        answer(None)
        assert [{"a"}, {"a"}] == await first_hints([admin.origin], 2, answer)


async def test_a_data_plane_that_answers_at_once_is_not_asked_without_a_pause(monkeypatch):
    """Nothing new is no reason to ask again and again."""
    monkeypatch.setattr(hints, "PAUSE_S", 0.2)
    async with fake_provider() as admin, aiohttp.ClientSession() as session:
        admin.serve("/unknown-keys", b'{"sequence": 0}')
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await follow_hints([admin.origin], session, lambda _: None)
        assert admin.asked["/unknown-keys"] <= 3


@pytest.mark.parametrize("body", [b"", b"{}", b"x" * 2**21, b'{"message": "there are /healthz"}'])
async def test_what_is_no_answer_is_asked_again_later(body):
    """A data plane of an older version has no such path, and nothing is fetched for it."""
    async with fake_provider() as admin:
        admin.serve("/unknown-keys", body)

        async def recover():
            await asyncio.sleep(0.1)
            admin.serve("/unknown-keys", b'{"sequence": 1, "issuers": {"a": 1}}')

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(recover())
            assert [{"a"}] == await first_hints([admin.origin], 1)
        assert admin.asked["/unknown-keys"] >= 2
