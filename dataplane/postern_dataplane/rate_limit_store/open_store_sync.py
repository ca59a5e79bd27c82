"""The loop that keeps a worker's buckets in step with the fleet, if there is a store to share."""

from __future__ import annotations

from functools import partial

from postern_dataplane.rate_limits.token_buckets import TokenBuckets
from postern_dataplane.settings import Settings

from .store_sync import Counter, StoreSync


def open_store_sync(settings: Settings, buckets: TokenBuckets, counter: Counter) -> StoreSync | None:
    """Return the loop, which is yet to run; None without a store."""
    if settings.rate_limit_store is None:
        return None
    # Not at the top: the client of Redis is an extra, and a worker without a store does without its memory.
    from .redis_store import RedisStore  # noqa: PLC0415

    connect = partial(
        RedisStore.connect,
        settings.rate_limit_store,
        settings.rate_limit_store_password_file,
        settings.rate_limit_store_ca_file,
    )
    return StoreSync(buckets, connect, counter)
