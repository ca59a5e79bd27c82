"""Processes that count in one Redis grant a limit together, and each its share while that is gone."""

from __future__ import annotations

import contextlib
import itertools
import json
import subprocess
import sys
import time
from functools import partial
from operator import itemgetter

import msgspec
import pytest

import limited_worker
import raw
from gateway import DataPlane, open_to
from limited_worker import Load
from postern_dataplane.rate_limits.limit import Limit
from postern_dataplane.settings import Settings
from postern_dataplane.store_address import StoreAddress
from redis_server import PASSWORD

HUNDRED_A_SECOND = Limit("default/api/0", 100, 1.0, 100)
# Requests beyond a limit: what a worker grants until it hears of the other.
UNKNOWN_S = 0.3


@pytest.fixture
def start(tmp_path, redis):
    """Start workers; each prints the time, how many requests passed, and whether the store is used."""
    with contextlib.ExitStack() as ended:
        yield partial(start_workers, ended, tmp_path, redis)


def start_workers(ended, folder, redis, *a_second, share=0.5, for_s=4.0):
    settings = Settings(
        config="/", workers=1, rate_limit_store=StoreAddress(host="127.0.0.1", port=redis.port),
        rate_limit_store_password_file=str(folder / "password"),
    )  # fmt: skip
    workers = []
    for number, rate in enumerate(a_second):
        load = msgspec.json.encode(Load(settings, HUNDRED_A_SECOND, share, rate, for_s)).decode()
        log = ended.enter_context((folder / f"worker-{number}.log").open("wb"))
        command = [sys.executable, limited_worker.__file__, load]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": log}
        worker = ended.enter_context(subprocess.Popen(command, text=True, **pipes))
        ended.callback(worker.kill)
        workers.append(worker)
    assert ["ready"] * len(workers) == [json.loads(worker.stdout.readline()) for worker in workers]
    for worker in workers:
        worker.stdin.write("\n")
        worker.stdin.flush()
    return workers


def steps_of(worker):
    return [json.loads(line) for line in worker.communicate(timeout=60)[0].splitlines()]


def granted_by(steps):
    """How many requests passed in all, and in how many seconds; a busy machine takes longer than it was given."""
    begin, end = min(one[0][0] for one in steps), max(one[-1][0] for one in steps)
    return sum(passed for one in steps for _, passed, _ in one), end - begin


def test_two_processes_grant_a_limit_together(start):
    """Both ask for three times the limit, and together they get it, within what one doesn't know of the other."""
    granted, in_s = granted_by([steps_of(worker) for worker in start(300, 300)])
    assert 100 + 4 * 100 * 0.7 <= granted <= 200 + (in_s + UNKNOWN_S) * 100


def test_a_process_with_all_requests_gets_the_whole_limit(start):
    """Where clients stay with one worker, its share alone would refuse half of what they may."""
    granted, in_s = granted_by([steps_of(worker) for worker in start(300, 0)])
    assert 100 + 4 * 100 * 0.7 <= granted <= 100 + (in_s + UNKNOWN_S) * 100


def test_the_store_may_die_and_come_back(start, redis, tmp_path):
    """Refusals go on while it is away, both processes grant their shares, and then the limit together again."""
    workers = start(300, 300, for_s=10.0)
    time.sleep(2.0)
    redis.kill()
    time.sleep(2.5)
    redis.start()
    steps = [steps_of(worker) for worker in workers]
    granted, in_s = granted_by(steps)
    assert 100 + 10 * 100 * 0.5 <= granted <= 300 + (in_s + UNKNOWN_S) * 100
    for number, one in enumerate(steps):
        periods = [(is_shared, list(of)) for is_shared, of in itertools.groupby(one, itemgetter(2))]
        # On a busy machine an answer may be late as well.
        assert [True, False] * (len(periods) // 2) + [True] == [is_shared for is_shared, _ in periods]
        alone = [period for is_shared, period in periods if not is_shared]
        for period in alone:
            alone_s = period[-1][0] - period[0][0]
            assert sum(passed for _, passed, _ in period[1:]) <= 50 * (alone_s + 0.1) + 1
        said = (tmp_path / f"worker-{number}.log").read_text()
        assert len(alone) <= said.count("their store fails") == said.count("with the fleet again") <= len(alone) + 1
        assert PASSWORD not in said


def test_a_store_that_hangs_is_given_up_within_a_second(start, redis):
    """A store that takes bytes and answers nothing costs the time of an answer; then each process grants its share."""
    workers = start(300, 300, for_s=5.0)
    time.sleep(2.0)
    redis.freeze()
    frozen_at = time.monotonic()
    for worker in workers:
        steps = steps_of(worker)
        alone_at = next(now for now, _, is_shared in steps if not is_shared)
        assert alone_at - frozen_at < 1.0 + UNKNOWN_S
        alone_s = steps[-1][0] - alone_at
        assert 0 < sum(passed for now, passed, _ in steps if now > alone_at) <= 50 * (alone_s + 0.1) + 1


def test_a_gateway_serves_without_its_store(start_gateway, module_upstream):
    """A store that can't be reached is logged once by each worker and counted, and requests go on."""
    store = ("--rate-limit-store", "rediss://gateway@127.0.0.1:1")
    gateway = start_gateway(open_to(module_upstream.address), *store, kind=DataPlane)
    failures = "postern_rate_limit_store_batches_total"
    raw.until(lambda: gateway.metric(failures, result="failed") >= 3, "attempts to reach the store")
    assert 200 == raw.ask(gateway.listen, raw.request("/")).status
    assert gateway.said().count("their store fails") == gateway.metric("postern_workers")


def test_the_password_of_a_store_is_shown_nowhere(start_gateway, module_upstream, redis, tmp_path):
    """The log and the admin port say nothing of it; processes get the name of its file."""
    store = ("--rate-limit-store", f"redis://127.0.0.1:{redis.port}")
    file = ("--rate-limit-store-password-file", str(tmp_path / "password"))
    gateway = start_gateway(open_to(module_upstream.address), *store, *file, kind=DataPlane)
    raw.until(lambda: b"cmd=ping" in redis.ask("CLIENT", "LIST"), "a worker at the store")
    shown = [gateway.said(), *(gateway.get(path).body.decode() for path in ("/config", "/metrics", "/readyz"))]
    assert [] == [text for text in shown if PASSWORD in text or "their store fails" in text]


def test_nothing_of_a_key_can_be_read_in_the_store(start, redis):
    """Keys are hashed with the password, name their gateway and expire."""
    workers = start(10, 10, for_s=1.0)
    raw.until(lambda: b"postern:default:" in redis.ask("KEYS", "*"), "the first batch")
    [name] = [line for line in redis.ask("KEYS", "*").split(b"\r\n") if line.startswith(b"postern:default:")]
    assert (32, True) == (len(name.removeprefix(b"postern:default:")), b"key" not in name)
    assert b":-1\r\n" not in redis.ask("PTTL", name.decode())
    granted, _ = granted_by([steps_of(worker) for worker in workers])
    assert granted >= 10
