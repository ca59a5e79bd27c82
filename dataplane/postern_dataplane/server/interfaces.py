"""How the parts of a server see each other, so that none imports the one that makes it.

`gateway.Gateway` provides `Services` to its connections and sees each as a `Connection`; `client_connection` is the
`Downstream` of its exchanges.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from postern_dataplane.background_tasks import BackgroundTasks
from postern_dataplane.decision.outcome import Outcome
from postern_dataplane.flow_control import ReadGate
from postern_dataplane.http1.request_reader import RequestReader
from postern_dataplane.listener import ListenerConfig
from postern_dataplane.rate_limits.token_buckets import TokenBuckets
from postern_dataplane.reload.active_table import ActiveTable
from postern_dataplane.request.denials import Denial
from postern_dataplane.request.head import RequestHead
from postern_dataplane.settings import Limits
from postern_dataplane.telemetry.events import Observer, RequestRecord
from postern_dataplane.upstream.pool import PoolManager

from .annotator import Annotator
from .answers import Answer
from .cached_heads import CacheEntry, Packet
from .deadline import Deadline, Soonest
from .decision_cache import DecisionCache
from .lingering_close import Floods
from .memory_budget import Budget
from .mirroring import Mirroring
from .rotations import Rotations


class Connection(Protocol):
    """A client connection, as the gateway counts, times and ends it."""

    deadline: Deadline
    listener: ListenerConfig

    def expire(self) -> None:
        """Called when the deadline has passed."""

    def drain(self) -> None:
        """End now if no request has begun; otherwise with the response that is under way."""

    def abort(self) -> None:
        """End at once."""


class Services(Protocol):
    """The parts of a worker that each of its connections uses."""

    active_table: ActiveTable
    annotator: Annotator | None
    budget: Budget
    decision_cache: DecisionCache
    floods: Floods
    is_draining: bool
    limits: Limits
    loop: asyncio.AbstractEventLoop
    observer: Observer
    mirroring: Mirroring
    now: Callable[[], float]
    rotations: Rotations
    soonest: Soonest
    tasks: BackgroundTasks
    token_buckets: TokenBuckets
    upstreams: PoolManager

    @property
    def is_full(self) -> bool:
        """Whether the limit of connections is exceeded: the last one is refused."""

    @property
    def is_flooded(self) -> bool:
        """Whether the hard limit is exceeded: the last one is dropped without a response."""

    def connected(self, connection: Connection) -> None:
        """Count a connection in."""

    def replaced(self, connection: Connection) -> None:
        """Count a connection out whose place another one takes at once."""

    def forget(self, connection: Connection) -> None:
        """Count a connection out."""

    def lookup(self, packet: Packet) -> tuple[CacheEntry, Answer] | None:
        """The entry of a packet in the decision cache, and the answer to it; None if there is none."""

    def decide(
        self, listener: ListenerConfig, packet: Packet | None, head: RequestHead, record: RequestRecord
    ) -> Answer:
        """Decide about a request, and write what goes upstream; `packet` is all of it, or None."""


class Downstream(Protocol):
    """The client connection of an exchange."""

    deadline: Deadline
    gateway: Services
    read_gate: ReadGate
    reader: RequestReader

    @property
    def keeps_alive(self) -> bool:
        """Whether another request may follow the present one."""

    def now(self) -> float:
        """The event loop's time."""

    def write(self, data: bytes) -> None:
        """Send bytes to the client."""

    def reject(self, denial: Denial, head: RequestHead, record: RequestRecord, outcome: Outcome) -> bool:
        """Answer with a refusal, as the outcome has answers, and report it; returns whether another may follow."""

    def close(self) -> None:
        """End once the client has taken what was written."""

    def abort(self) -> None:
        """End at once, where an ordinary end would look like a whole response."""

    def exchange_ended(self, *, keeps_alive: bool) -> None:
        """The response is out: go on with the next request, or end the connection."""
