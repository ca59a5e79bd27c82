"""Follows the hints of every ready data-plane pod, to the keys that a provider has rotated."""

import asyncio
import contextlib
import time

import pytest

from fake_provider import JWKS, fake_provider, jwk, signing_key
from postern_dataplane.telemetry.admin_server import admin_application
from postern_dataplane.telemetry.definitions import UNKNOWN_KEY_HINTS
from postern_dataplane.telemetry.worker_messages import WorkerReport
from postern_dataplane.telemetry.worker_pool import WorkerPool
from postern_kit.admin_server import serve_admin
from postern_operator.cluster.fetch_metrics import FetchMetrics
from postern_operator.cluster.metrics import Metrics
from postern_operator.cluster.rollout.data_plane_pods import AdminEndpoint
from postern_operator.cluster.rollout.pod_hints import PodHints
from postern_operator.issuer_keys import schedule
from postern_operator.issuer_keys.fetch import KeyClient
from postern_operator.issuer_keys.fetch_policy import LOCAL, FetchPolicy
from postern_operator.issuer_keys.fetcher import KeyFetcher
from postern_operator.issuer_keys.source import Demand, KeySource
from postern_operator.jwk_sets import read_jwks
from postern_operator.local.jwks_files import JwksFiles

ISSUER = "TokenIssuer/demo/keycloak"


@contextlib.asynccontextmanager
async def pod():
    """A data plane's admin port, and what its workers are."""
    pool = WorkerPool(1)
    pool.started(0, 1)
    async with serve_admin(admin_application(pool), ("127.0.0.1", 0), shutdown_s=0.1) as port:
        yield pool, AdminEndpoint("127.0.0.1", port)


def refuse(pool, count=1):
    """Count tokens that name an unknown key."""
    pool.record(0, WorkerReport({UNKNOWN_KEY_HINTS.name: (((ISSUER,), count),)}, {}, {}))


@contextlib.asynccontextmanager
async def running(*jobs):
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(job) for job in jobs]
        yield
        for task in running:
            task.cancel()


async def until(condition):
    while not condition():  # noqa: ASYNC110 # nothing signals it
        await asyncio.sleep(0.01)


async def test_every_pod_is_asked_and_none_that_is_gone():
    """A pod that comes later is asked as soon as that is known."""
    heard = []
    async with pod() as (first, one), pod() as (second, two):
        pods = [one]
        hints = PodHints(lambda: pods, heard.append)
        async with running(hints.run()):
            refuse(first)
            await until(lambda: len(heard) == 1)
            pods[:] = [two]
            hints.changed()
            refuse(second)
            await until(lambda: len(heard) == 2)
            refuse(first)
            await asyncio.sleep(0.1)
    assert [{ISSUER}] * 2 == heard


@pytest.fixture
def fetcher_of(tmp_path):
    def made():
        client = KeyClient(FetchPolicy(allowed=LOCAL), time.time)
        observer = FetchMetrics(Metrics(), time.time)
        return KeyFetcher(client, JwksFiles(tmp_path), lambda: None, time.time, observer)

    return made


def ids(fetcher, demands):
    keys = fetcher.states(demands)[ISSUER].keys
    return [key.id for key in read_jwks(keys.keys).keys] if keys else []


async def test_a_rotation_without_overlap_is_over_soon_after_the_first_refused_token(fetcher_of, monkeypatch):
    """However many tokens are refused meanwhile, and with two pods that say so, it takes one fetch."""
    monkeypatch.setattr(schedule, "HINT_EVERY_S", 0.5)
    async with fake_provider() as provider, pod() as (first, one), pod() as (second, two):
        provider.publish(jwk(signing_key(), "old"))
        demands = {ISSUER: Demand(KeySource(provider.origin + JWKS, is_insecure=True))}
        fetcher = fetcher_of()
        hints = PodHints(lambda: [one, two], fetcher.hint)
        async with running(fetcher.run(), hints.run()):
            await fetcher.demand(demands)
            assert await fetcher.wait_first()
            assert ["old"] == ids(fetcher, demands)
            await asyncio.sleep(0.6)
            provider.publish(jwk(signing_key(), "new"))
            began = time.monotonic()
            refuse(first, 10_000)
            refuse(second, 10_000)
            await until(lambda: ["new"] == ids(fetcher, demands))
            took_s = time.monotonic() - began
            assert 2 == provider.asked[JWKS]
    assert took_s < 2


async def test_an_operator_that_was_killed_goes_on_with_the_provider_down(fetcher_of):
    """What it had fetched is on disk from the moment on in which it was in force."""
    async with fake_provider() as provider:
        provider.publish(jwk(signing_key(), "one"))
        demands = {ISSUER: Demand(KeySource(provider.origin + JWKS, is_insecure=True))}
        before = fetcher_of()
        async with running(before.run()):
            await before.demand(demands)
            await before.wait_first()
    after = fetcher_of()
    await after.demand(demands)
    assert ["one"] == ids(after, demands)
