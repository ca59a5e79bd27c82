"""A process that counts one key as a worker does, for tests of a store that several share.

It asks as often as it is told and prints, for each tenth of a second, how many requests passed.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import msgspec

import bucket_calls
from postern_dataplane.rate_limit_store.open_store_sync import open_store_sync
from postern_dataplane.rate_limits.limit import Limit
from postern_dataplane.rate_limits.token_buckets import TokenBuckets
from postern_dataplane.settings import Settings
from postern_dataplane.telemetry.counters import Counters
from postern_kit.logs import configure_logs

STEP_S = 0.1


class Load(msgspec.Struct, frozen=True):
    """What a worker is asked."""

    settings: Settings
    limit: Limit
    share: float
    a_second: int
    for_s: float


def say(what: object) -> None:
    """Print a line at once."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


async def run(load: Load) -> None:
    """Ask, beside the loop that keeps in step with the store."""
    buckets = TokenBuckets(load.share)
    sync = open_store_sync(load.settings, buckets, Counters())
    assert sync is not None
    sync.gateway = "default"
    async with asyncio.TaskGroup() as group:
        task = group.create_task(sync.run())
        while not buckets.is_shared:  # noqa: ASYNC110 - there is no event for what happens once
            await asyncio.sleep(STEP_S)
        say("ready")
        await asyncio.to_thread(sys.stdin.readline)
        end = time.monotonic() + load.for_s
        owed = 0.0
        while (now := time.monotonic()) < end:
            owed += load.a_second * STEP_S
            passed = bucket_calls.passed(buckets, load.limit, times=int(owed), now=now)
            owed -= int(owed)
            say([now, passed, buckets.is_shared])
            await asyncio.sleep(STEP_S - (time.monotonic() - now))
        task.cancel()


if __name__ == "__main__":
    configure_logs()
    asyncio.run(run(msgspec.json.decode(sys.argv[1], type=Load)))
