"""Copies of requests for other applications: what they answer is dropped, and no client ever waits for it.

Rules of this file:
1. A copy goes out once its request was sent whole, over connections of its own; it is never sent again.
2. What copies hold is bounded: so many at a time, each with a body of so many bytes; beyond that none is made.
   A namespace has at most as many as are left for others, so that there is always a place for one that has none.
3. The result of a copy is counted, and nothing else is done about it.
4. A copy says that it is one, and has no copy itself: a mirror that leads back here would have copies without an end.
"""

from __future__ import annotations

import asyncio

from postern_core.header_names import COPY
from postern_core.ref import Ref
from postern_dataplane.background_tasks import BackgroundTasks
from postern_dataplane.http1.head_readers import read_response
from postern_dataplane.http1.response import BadResponse, Fields, Response
from postern_dataplane.request.head import RequestHead
from postern_dataplane.table.compiled import CompiledRoute
from postern_dataplane.table.routing_table import RoutingTable
from postern_dataplane.table.split import CompiledSplit
from postern_dataplane.table.upstream import Upstream
from postern_dataplane.telemetry.definitions import MIRRORED
from postern_dataplane.telemetry.events import Observer
from postern_dataplane.upstream.connection import UpstreamConnection
from postern_dataplane.upstream.load_balancer import Host
from postern_dataplane.upstream.pool import ConnectionPool, PoolManager
from postern_dataplane.upstream.weighted_rotation import WeightedRotation

# Of one worker: with the largest bodies they hold 16 MiB.
COPIES_MAX = 256
BODY_BYTES_MAX = 64 * 1024
# A longer answer is not read to its end.
ANSWER_BYTES_MAX = 2**20
_COPY = COPY.encode()


class Mirroring:
    """The copies of one worker."""

    def __init__(self, pools: PoolManager, tasks: BackgroundTasks, observer: Observer) -> None:
        self._pools = pools
        self._tasks = tasks
        self._observer = observer
        self._samples: dict[str, tuple[WeightedRotation, ...]] = {}
        self._open = 0
        self._open_by_namespace: dict[str, int] = {}

    def copies(
        self, route: str, split: CompiledSplit[CompiledRoute], heads: tuple[bytes, ...], head: RequestHead
    ) -> Copies | None:
        """The copies of a request of this route, None where none is made of it; `heads` are those of its rows."""
        if head.is_websocket or _COPY in head.layout.places:
            return None
        samples = self._samples.get(route)
        wanted = tuple(mirror.weights for mirror in split.mirrors)
        if samples is None or tuple(sample.weights for sample in samples) != wanted:
            samples = self._samples[route] = tuple(map(WeightedRotation, wanted))
        chosen = [
            (mirror.upstream, heads[mirror.row])
            for mirror, sample in zip(split.mirrors, samples, strict=True)
            if sample.next() == 0 and self._has_room(mirror.upstream)
        ]
        return Copies(self, head.method, chosen) if chosen else None

    def _has_room(self, upstream: Upstream) -> bool:
        namespace = Ref.of(upstream.id).namespace
        count = self._open_by_namespace.get(namespace, 0)
        if count >= COPIES_MAX - self._open:
            self._observer.count(MIRRORED, upstream.id, "skipped")
            return False
        self._open += 1
        self._open_by_namespace[namespace] = count + 1
        return True

    def adopt(self, table: RoutingTable) -> None:
        """Forget the samples of routes that a new table does not have, or that have no mirrors any more."""
        routes = table.entries["routes"]
        for id_ in [id_ for id_ in self._samples if id_ not in routes or not routes[id_].mirrors]:
            del self._samples[id_]

    def send(self, upstream: Upstream, method: str, content: bytes) -> None:
        """Send one copy."""
        pool, now = self._pools.get(upstream), asyncio.get_running_loop().time()
        host = pool.next_host(now)
        connection = None if host is None else pool.idle_connection(host, now)
        if connection is not None:
            MirroredExchange(self, pool, connection, method).begin(content)
        else:
            self._tasks.start(self._connect(pool, host, method, content), "connect a mirror")

    async def _connect(self, pool: ConnectionPool, host: Host | None, method: str, content: bytes) -> None:
        try:
            connection = await pool.connect(host, [])
        except OSError:
            self.ended(pool.upstream, "failed")
            return
        MirroredExchange(self, pool, connection, method).begin(content)

    def ended(self, upstream: Upstream, result: str) -> None:
        """Count what became of a copy: `answered`, `failed`, or `skipped` where it was never sent."""
        namespace = Ref.of(upstream.id).namespace
        self._open -= 1
        self._open_by_namespace[namespace] -= 1
        if not self._open_by_namespace[namespace]:
            del self._open_by_namespace[namespace]
        self._observer.count(MIRRORED, upstream.id, result)


class Copies:
    """The copies of one request until it is sent: heads, and the body as far as it has come."""

    __slots__ = ("_body", "_method", "_mirroring", "_targets")

    def __init__(self, mirroring: Mirroring, method: str, targets: list[tuple[Upstream, bytes]]) -> None:
        self._mirroring = mirroring
        self._method = method
        self._targets = targets
        self._body = b""

    def add(self, data: bytes) -> None:
        """Add a part of the body; with too much of it there are no copies."""
        if self._targets and len(self._body) + len(data) > BODY_BYTES_MAX:
            self.drop()
        elif self._targets:
            self._body += data

    def restart(self) -> None:
        """Forget the body: all of it comes once more."""
        self._body = b""

    def send(self, request_id: bytes) -> None:
        """Send the copies, with the id of the request if it has one; there are none any more afterwards."""
        # The exchange may go on for long after the copies have ended, and what it holds is counted no more.
        targets, body = self._targets, self._body
        self._targets, self._body = [], b""
        extra = b"X-Postern-Copy: true\r\n" + (b"X-Request-Id: %b\r\n" % request_id if request_id else b"")
        for upstream, head in targets:
            self._mirroring.send(upstream, self._method, b"".join((head[:-2], extra, b"\r\n", body)))

    def drop(self) -> None:
        """Send none of them."""
        targets, self._targets, self._body = self._targets, [], b""
        for upstream, _ in targets:
            self._mirroring.ended(upstream, "skipped")


class MirroredExchange:
    """One copy on its connection, whose `ResponseHandler` it is: what comes back is read, and dropped."""

    __slots__ = ("_connection", "_left", "_mirroring", "_pool", "_result", "_timer", "method")

    def __init__(self, mirroring: Mirroring, pool: ConnectionPool, connection: UpstreamConnection, method: str) -> None:
        self._mirroring = mirroring
        self._pool = pool
        self._connection = connection
        self._result = "failed"
        self._left = ANSWER_BYTES_MAX
        self._timer: asyncio.TimerHandle | None = None
        self.method = method

    def begin(self, content: bytes) -> None:
        """Send the copy; its whole answer has the time of a response's head."""
        timeout_s = self._pool.upstream.backend.request_timeout_ms / 1000
        self._timer = asyncio.get_running_loop().call_later(timeout_s, self._expire)
        self._connection.begin(self, content)

    def informational_arrived(self, _status: int, _phrase: bytes, _fields: Fields) -> None:
        """Pass over a 1xx."""

    def response_arrived(self, status: int, phrase: bytes, fields: Fields) -> Response:
        response = read_response(status, phrase, fields, method=self.method, http_minor=1, closes=False)
        self._result = "answered"
        return response

    def response_body_arrived(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left < 0:
            raise BadResponse

    def packet_read(self) -> None:
        """Pass over a part of the answer."""

    def response_ended(self) -> None:
        if self._connection.is_reusable:
            self._pool.keep(self._connection, asyncio.get_running_loop().time())
        else:
            self._connection.abort()
        self._end()

    def switched_protocols(self, _status: int, _phrase: bytes, _fields: Fields, _tail: bytes) -> None:
        raise BadResponse

    def tunnel_data_arrived(self, _data: bytes) -> None:
        """There is no tunnel."""

    def upstream_failed(self, _kind: str) -> None:
        self._end()

    def pause_upload(self) -> None:
        """All of the copy was written already, and is bounded."""

    def resume_upload(self) -> None:
        """Pass over it: there is nothing more to write."""

    def _expire(self) -> None:
        self._connection.abort()
        self._end()

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._mirroring.ended(self._pool.upstream, self._result)
