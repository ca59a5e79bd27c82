"""The gateway's data port: the client connections of one worker, their time-outs, and how they all end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial

from postern_dataplane.background_tasks import BackgroundTasks
from postern_dataplane.decision.decide import decide
from postern_dataplane.decision.https_location import is_acme_challenge
from postern_dataplane.decision.https_redirect import redirect_to_https
from postern_dataplane.decision.outcome import Reject
from postern_dataplane.listener import ListenerConfig, OpenListener
from postern_dataplane.rate_limits.token_buckets import TokenBuckets
from postern_dataplane.reload.active_table import ActiveTable
from postern_dataplane.request import denials
from postern_dataplane.request.head import RequestHead
from postern_dataplane.settings import Limits
from postern_dataplane.table.routing_table import RoutingTable
from postern_dataplane.telemetry.events import Observer, RequestRecord
from postern_dataplane.upstream.dial_policy import DialPolicy
from postern_dataplane.upstream.pool import PoolManager

from .annotator import Annotator
from .answers import Answer, answer_of
from .cached_heads import CacheEntry, Packet
from .deadline import NEVER, Soonest
from .decision_cache import DecisionCache, NullCache
from .interfaces import Connection
from .lingering_close import Floods
from .memory_budget import Budget
from .metered_connection import MeteredConnection
from .mirroring import Mirroring
from .rotations import Rotations
from .tls_handshake import GetContext, TlsHandshake

# How often deadlines are looked at: a time-out may come so much later, and costs nothing until then.
SWEEP_S = 0.1
# Idle upstream connections live for most of a minute; a second more or less is nothing to them.
SWEEPS_PER_CLEANING = 10
# After which connections of a closed listener are ended that take no response.
AFTER_DRAIN_S = 1.0
# Connections beyond the limit that are refused with a response, at a time.
REFUSED_MAX = 128


class Gateway:
    """What the connections of a worker share; to be made within the running loop."""

    def __init__(
        self,
        *,
        active_table: ActiveTable,
        limits: Limits,
        connection_memory_bytes: int,
        observer: Observer,
        dial_policy: DialPolicy,
        remembers_heads: bool = True,
        annotator: Annotator | None = None,
        token_buckets: TokenBuckets | None = None,
    ) -> None:
        self.active_table = active_table
        self.annotator = annotator
        self.limits = limits
        self.token_buckets = TokenBuckets() if token_buckets is None else token_buckets
        self.observer = observer
        self.budget = Budget(connection_memory_bytes)
        self.floods: Floods = set()
        self.soonest = Soonest()
        self.is_draining = False
        self.loop = asyncio.get_running_loop()
        self.now = self.loop.time  # one object for all connections
        self.decision_cache = (DecisionCache if remembers_heads else NullCache)(limits, self.loop)
        self.tasks = BackgroundTasks()
        self.upstreams = PoolManager(self.tasks, dial_policy)
        self.rotations = Rotations()
        self.mirroring = Mirroring(self.upstreams, self.tasks, observer)
        self._connections: set[Connection] = set()
        self._all_gone = asyncio.Event()
        self._all_gone.set()
        self._sweeps = 0
        self._timer = self.loop.call_later(SWEEP_S, self._sweep)

    def plain(self, listener: ListenerConfig) -> Callable[[], MeteredConnection]:
        """The protocol factory for `loop.create_server`."""
        return partial(MeteredConnection, self, listener)

    def secure(self, listener: ListenerConfig, get_context: GetContext) -> Callable[[], TlsHandshake]:
        """The same for clients that come with TLS; `get_context` is asked at each handshake."""
        return partial(TlsHandshake, self, listener, get_context)

    def connected(self, connection: Connection) -> None:
        """Count a connection in."""
        self._connections.add(connection)
        self._all_gone.clear()
        self.observer.connection_opened()

    @property
    def is_full(self) -> bool:
        """Whether the limit of connections is exceeded: the last one is refused."""
        return len(self._connections) > self.limits.max_connections

    @property
    def is_flooded(self) -> bool:
        """Whether the hard limit is exceeded: the last connection is dropped without a response."""
        return len(self._connections) > self.limits.max_connections + REFUSED_MAX

    def replaced(self, connection: Connection) -> None:
        """Count a connection out whose place another one takes at once: a drain does not end in between."""
        self._connections.discard(connection)
        self.observer.connection_closed()

    def forget(self, connection: Connection) -> None:
        """Count a connection out."""
        if connection in self._connections:
            self._connections.discard(connection)
            self.observer.connection_closed()
            if not self._connections:
                self._all_gone.set()

    def lookup(self, packet: Packet) -> tuple[CacheEntry, Answer] | None:
        """The entry of a packet in the decision cache, and the answer to it; None if there is none."""
        active = self.active_table
        return self.decision_cache.lookup(active.table, active.verification_cache, packet, time.time())

    def decide(
        self, listener: ListenerConfig, packet: Packet | None, head: RequestHead, record: RequestRecord
    ) -> Answer:
        """What becomes of a request, and what goes upstream; the packet is all of it, None where that is not known."""
        if listener.redirects_to is not None and not is_acme_challenge(head):
            return Reject(redirect_to_https(head, listener.redirects_to)), b""
        table = self.active_table.table
        if table is None:
            return Reject(denials.NOT_READY), b""
        answer = answer_of(head, decide(head, table, self.active_table.verification_cache, time.time()))
        if packet is not None:
            self.decision_cache.store(table, packet, head, answer, host=record.host, path=record.path)
        return answer

    def adopt(self, table: RoutingTable) -> None:
        """Follow a new table; requests under way end with the one they began with."""
        self.upstreams.adopt(table)
        self.rotations.adopt(table)
        self.mirroring.adopt(table)

    def _sweep(self) -> None:
        self._timer = self.loop.call_later(SWEEP_S, self._sweep)
        now = self.loop.time()
        if self.soonest.at <= now:
            self._expire(now)
        self.budget.review()
        self._sweeps += 1
        if self._sweeps % SWEEPS_PER_CLEANING == 0:
            self.upstreams.close_old(now)

    def _expire(self, now: float) -> None:
        over = [one for one in self._connections if one.deadline.at <= now]
        self.soonest.at = min([at for one in self._connections if (at := one.deadline.at) > now], default=NEVER)
        for connection in over:
            connection.expire()

    def close_listener(self, opened: OpenListener, grace_s: float) -> None:
        """Answer each connection of a listener once more, and end after this time what is left of them."""
        opened.is_closing = True
        self.tasks.start(self._end_those_of(opened, grace_s), "close a listener")

    async def _end_those_of(self, opened: OpenListener, grace_s: float) -> None:
        await asyncio.sleep(grace_s)
        for connection in self._of(opened):
            connection.drain()
        await asyncio.sleep(AFTER_DRAIN_S)
        for connection in self._of(opened):
            connection.abort()

    def _of(self, opened: OpenListener) -> list[Connection]:
        return [connection for connection in self._connections if connection.listener.opened is opened]

    async def drain(self, grace_s: float) -> None:
        """Let what has begun end, but not for longer than this; then end it."""
        self.is_draining = True
        for connection in list(self._connections):
            connection.drain()
        try:
            async with asyncio.timeout(grace_s):
                await self._all_gone.wait()
        except TimeoutError:
            for connection in list(self._connections):
                connection.abort()

    async def close(self) -> None:
        """Close the upstreams, and cancel what still runs."""
        self._timer.cancel()
        self.upstreams.close()
        await self.tasks.close()
