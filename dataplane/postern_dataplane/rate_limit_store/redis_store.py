"""One connection to Redis or Valkey: adds what a worker has counted, and returns the fleet's debts.

What the store answers is checked here and believed nowhere: it may be shared with others, or lie.  When it is asked,
and what follows from its silence, belongs in `store_sync`.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from postern_dataplane.errors import StoreError
from postern_dataplane.rate_limits.limit import Limit
from postern_dataplane.rate_limits.unsent_counts import Spent
from postern_dataplane.store_address import StoreAddress

from .bounded_parser import BoundedParser

# A store beside the fleet answers within a millisecond. A worker that waits this long counts alone.
REPLY_S = 0.5
# A debt is counted in these.
UNITS = 1_000_000
# BLAKE2b takes no longer keys.
SECRET_BYTES_MAX = 64

# For each key: the time when its bucket of the whole fleet is full, by the store's own clock. Within the script no
# other worker is served, so no count is lost. A key expires a second after its bucket is full.
ADD = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local debts = {}
for i, key in ipairs(KEYS) do
  local full_at = tonumber(redis.call('GET', key) or nil) or 0
  local debt = math.min(math.max(full_at - now, 0) + ARGV[2 * i - 1], tonumber(ARGV[2 * i]))
  redis.call('SET', key, string.format('%.0f', now + debt), 'PX', string.format('%.0f', debt / 1000 + 1000))
  debts[i] = debt
end
return debts
"""


class RedisStore:
    """An open connection; `connect` makes it."""

    def __init__(self, client: redis.asyncio.Redis, secret: bytes) -> None:
        self._client = client
        self._secret = hashlib.blake2b(secret, digest_size=SECRET_BYTES_MAX).digest()

    @classmethod
    @asynccontextmanager
    async def connect(cls, address: StoreAddress, password_file: str, ca_file: str) -> AsyncIterator[RedisStore]:
        """Open a connection, and close it; raises OSError where the password can't be read."""
        password = await asyncio.to_thread(_read, password_file) if password_file else ""
        client = _client(address, password, ca_file)
        try:
            yield cls(client, password.encode())
        finally:
            with suppress(Exception):
                async with asyncio.timeout(REPLY_S):
                    await client.aclose()

    async def check(self) -> None:
        """Ask for an answer; raises `TimeoutError`, `OSError` or an error of `redis`, as `add` does."""
        async with asyncio.timeout(REPLY_S):
            await self._client.execute_command("PING")

    async def add(self, gateway: str, batch: Sequence[Spent], debts_max_s: Sequence[float]) -> list[float]:
        """Add what was spent, and return the fleet's debt of each key in seconds."""
        names = [self._name(gateway, spent.limit, spent.key) for spent in batch]
        arguments: list[int] = []
        for spent, debt_max_s in zip(batch, debts_max_s, strict=True):
            cost_s = spent.requests * spent.limit.per_s / spent.limit.requests
            arguments += (round(cost_s * UNITS), round(debt_max_s * UNITS))
        async with asyncio.timeout(REPLY_S):
            answer = await self._client.execute_command("EVAL", ADD, len(names), *names, *arguments)
        return _debts(answer, debts_max_s)

    def _name(self, gateway: str, limit: Limit, key: bytes) -> str:
        """The key in the store: no claim or address can be read from it, nor tried without the password."""
        hashed = hashlib.blake2b(key=self._secret, digest_size=16)
        hashed.update(f"{limit.id}\\0{limit.requests}/{limit.per_s}/{limit.burst}\\0".encode())
        hashed.update(key)
        return f"postern:{gateway}:{hashed.hexdigest()}"


def _debts(answer: Any, debts_max_s: Sequence[float]) -> list[float]:
    """What the store answered, within bounds; raises `StoreError` where it is no such answer."""
    if not isinstance(answer, list) or len(answer) != len(debts_max_s) or not all(type(one) is int for one in answer):
        raise StoreError("the store's answer is not one number for each key")
    return [min(max(one / UNITS, 0.0), most) for one, most in zip(answer, debts_max_s, strict=True)]


def _read(file: str) -> str:
    return Path(file).read_text(encoding="utf-8").strip("\r\n")


def _client(address: StoreAddress, password: str, ca_file: str) -> redis.asyncio.Redis:
    client = redis.asyncio.Redis(
        host=address.host,
        port=address.port,
        db=address.database,
        username=address.user or None,
        password=password or None,
        ssl=address.is_tls,
        ssl_ca_certs=ca_file or None,
        socket_connect_timeout=REPLY_S,
        socket_timeout=REPLY_S,
        # `store_sync` tries again, and no batch is sent twice.
        retry=Retry(NoBackoff(), 0),
        max_connections=1,
        # What RESP3 adds, such as messages that nothing asked for, is of no use here.
        protocol=2,
        driver_info=None,
    )
    client.connection_pool.connection_kwargs["parser_class"] = BoundedParser
    return client
