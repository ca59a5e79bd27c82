"""One client connection: requests in, one exchange after the other, answers out in the same order.

Rules of this file:
1. One exchange at a time. A request that has come early waits, and beyond a
   little the socket is not read, so that nobody can make us hold more.
2. What can't be read is answered once and ends the connection.
3. A connection ends by saying so first and reading on for a moment: see `lingering_close`.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from aiohttp.http import RawRequestMessage

from postern_dataplane.decision.outcome import Decision, Reject, RequestHead
from postern_dataplane.flow_control import PART_BYTES, ReadGate
from postern_dataplane.http1.date import http_date
from postern_dataplane.http1.request_head import RequestError, request_head
from postern_dataplane.http1.request_reader import RequestReader
from postern_dataplane.listener import ListenerConfig
from postern_dataplane.request import denials
from postern_dataplane.request.denials import Denial
from postern_dataplane.telemetry.events import RequestRecord, path_of

from .decision_cache import Packet
from .exchange import Exchange
from .exchange_state import ExchangeState
from .lingering_close import LingeringClose

if TYPE_CHECKING:
    from .gateway import Gateway

# What may wait behind the request that is being answered.
BACKLOG_BYTES_MAX = 8 * 1024


class ClientConnection(asyncio.Protocol):
    """A client of the gateway.

    `deadline` is when `expire` is due, in the loop's time; whoever moves bytes moves it.
    """

    __slots__ = (
        "_began_at", "_is_blocked", "_is_over", "_lingering_close", "_transport", "_waiting", "_wants_close",
        "connection_key", "deadline", "exchange", "gateway", "listener", "now", "peer", "read_gate", "reader",
    )  # fmt: skip

    def __init__(self, gateway: Gateway, listener: ListenerConfig) -> None:
        self.gateway = gateway
        self.listener = listener
        self.now = gateway.loop.time
        self.reader = RequestReader(gateway.limits, gateway.loop)
        self.exchange: Exchange | None = None
        self.peer = ""
        self.deadline = float("inf")
        self._waiting: RawRequestMessage | None = None
        self._began_at = 0.0
        self._wants_close = False
        self._is_blocked = False
        self._is_over = False

    # What asyncio tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment] # a stream's transport is one
        peer = transport.get_extra_info("peername")
        self.peer = peer[0] if peer else ""
        self.connection_key = self.listener.way_of(self.peer)
        self.read_gate = ReadGate(self._transport, self.data_received, self.gateway.loop)
        self._lingering_close = LingeringClose(self._transport, self.gateway.limits.idle_timeout_s)
        # A connection that never says anything must not be kept for longer than one that begins a request.
        self.deadline = self.now() + self.gateway.limits.header_timeout_s
        self.gateway.connected(self)
        if self.gateway.is_flooded:
            self.abort()
        elif self.gateway.is_full:
            self._refuse(denials.TOO_MANY_CONNECTIONS)

    def data_received(self, data: bytes) -> None:
        if len(data) > PART_BYTES or self.read_gate.rest:
            data = self.read_gate.first_part(data)
            if not data:
                return
        if self._is_over:
            self._lingering_close.read(data)
            return
        exchange = self.exchange
        if exchange is not None and exchange.state is ExchangeState.TUNNEL:
            exchange.tunnel_upload(data)
            return
        packet = None
        if not self._began_at:
            packet = self.gateway.decision_cache.packet(self.connection_key, data) if self.reader.is_clean else None
            if packet is not None and exchange is None and not self._is_blocked and self._begin_known(packet):
                return
            self._began_at = self.now()
        try:
            message = self.reader.feed(data)
        except RequestError as error:
            self._refuse(error.denial)
            return
        if message is None:
            self._read_on()
        elif self._is_blocked:
            self._waiting = message
            self._wait_for_client()
        else:
            self._begin(message, packet)

    def _begin_known(self, packet: Packet) -> bool:
        """Begin a request that is the same, but for a token, as one that was read; whether it is."""
        gateway = self.gateway
        found = gateway.decision_cache.find(gateway.active_table.table, packet, time.time())
        if found is None:
            return False
        (known, decision), self._began_at = found, self.now()
        self._wants_close = False
        self.reader.skip()
        head = known.head
        self._apply(head, RequestRecord(head.method, known.host, known.path, head.peer), decision)
        return True

    def _read_on(self) -> None:
        """Note bytes that completed no head: a body's, the next requests', or a part of a head."""
        if self.exchange is not None:
            self.exchange.body_arrived()
        elif self._waiting is None:
            self._wait_for_head()
            return
        if self.reader.backlog > BACKLOG_BYTES_MAX:
            self.read_gate.pause("backlog")

    def connection_lost(self, _exc: Exception | None) -> None:
        self.gateway.forget(self)
        self._is_over = True
        self._waiting = None
        if self.exchange is not None:
            self.exchange.client_disconnected()

    def pause_writing(self) -> None:
        self._is_blocked = True
        if self.exchange is not None:
            self.exchange.pause_download()

    def resume_writing(self) -> None:
        self._is_blocked = False
        if self.exchange is not None:
            self.exchange.resume_download()
        elif self._waiting is not None:
            self.read_gate.resume("answers")
            self.gateway.loop.call_soon(self._begin_waiting)

    # Requests, one after the other.

    def _wait_for_head(self) -> None:
        """Give what has begun its time, however slowly it goes on."""
        self.deadline = self._began_at + self.gateway.limits.header_timeout_s

    def _begin(self, message: RawRequestMessage, packet: Packet | None) -> None:
        """Begin a request; `packet` is what it began with, if it was the first of it that the parser has seen."""
        try:
            head = request_head(message, self.gateway.limits, self.peer, self.listener, is_small=packet is not None)
        except RequestError as error:
            self._refuse(error.denial)
            return
        # After an upgrade that the upstream doesn't take, the parser can't tell where the next request begins.
        self._wants_close = message.should_close or message.upgrade
        record = RequestRecord(head.method, message.headers.get("Host", ""), path_of(head.target), head.peer)
        packet = None if self._wants_close or not self.reader.is_clean else packet
        self._apply(head, record, self.gateway.decide(self.listener, packet, head, record))

    def _apply(self, head: RequestHead, record: RequestRecord, decision: Decision) -> None:
        """Do as was decided: only what may pass needs an exchange."""
        if decision.route is not None:
            record.route = decision.route.label
        if isinstance(decision, Reject):
            record.duration_s = self.now() - self._began_at
            self.exchange_ended(keeps_alive=self.reject(decision.denial, head, record))
            return
        self.exchange = Exchange(self, head, decision, record, self._began_at)
        self.exchange.start()

    def reject(self, denial: Denial, head: RequestHead, record: RequestRecord) -> bool:
        """Answer a request with a refusal, and note that; gives whether another request may follow."""
        keeps_alive = self.keeps_alive and not denial.closes and self.reader.is_complete and head.http_minor > 0
        record.status, record.reason = denial.status, denial.reason
        self.gateway.observer.request_done(record)
        self.write(denial.response(http_date(), close=not keeps_alive, bodyless=head.method == "HEAD"))
        return keeps_alive

    def exchange_ended(self, *, keeps_alive: bool) -> None:
        """An answer is out: go on with the next request, or end the connection."""
        self.exchange = None
        self._began_at = 0.0
        if self._is_over:
            return
        if not keeps_alive:
            self._linger()
            return
        self.deadline = self.now() + self.gateway.limits.idle_timeout_s
        try:
            self._waiting = self.reader.next()
        except RequestError as error:
            self._refuse(error.denial)
            return
        if self.reader.backlog > BACKLOG_BYTES_MAX:
            self.read_gate.pause_only("backlog")
        else:
            self.read_gate.resume_all()
        # See to what is here already of the next request.
        if self._waiting is not None:
            # Not from within the last one: a client may have sent hundreds at once.
            self._began_at = self.now()
            self.gateway.loop.call_soon(self._begin_waiting)
            if self._is_blocked:
                self._wait_for_client()
        elif self.reader.is_in_head:
            self._began_at = self.now()
            self._wait_for_head()
        elif self.gateway.is_draining:
            self._close()

    def _wait_for_client(self) -> None:
        """Begin nothing, and read nothing, for a client that takes no answers: all of it would have to be kept."""
        self.deadline = self.now() + self.gateway.limits.idle_timeout_s
        self.read_gate.pause("answers")

    def _begin_waiting(self) -> None:
        if self._waiting is not None and not self._is_blocked and not self._is_over:
            message, self._waiting = self._waiting, None
            self._begin(message, None)

    @property
    def keeps_alive(self) -> bool:
        """Whether another request may follow the present one."""
        return not (self._wants_close or self.gateway.is_draining or self._is_over or self.reader.is_spent)

    def write(self, data: bytes) -> None:
        self._transport.write(data)

    # Ends.

    def expire(self) -> None:
        """The deadline has passed: whoever waits is told, and whoever does nothing is dropped."""
        self.deadline = float("inf")
        if self._is_over:
            self.deadline = self.now() + self._lingering_close.end()
        elif self.exchange is not None:
            self.exchange.expire()
        elif self._began_at and self._waiting is None:
            self._refuse(denials.REQUEST_TIMEOUT)
        else:
            self._close()

    def cut(self, *, abruptly: bool) -> None:
        """End in the middle of an answer; abruptly where an ordinary end would look like a whole one."""
        if abruptly:
            self.abort()
        else:
            self._close()

    def drain(self) -> None:
        """End now if nothing has begun; otherwise the present answer says that it is the last."""
        if self.exchange is None and self._waiting is None and not self._began_at and not self._is_over:
            self._close()

    def abort(self) -> None:
        """End at once, whatever is under way."""
        self._is_over = True
        self._transport.abort()

    def _refuse(self, denial: Denial) -> None:
        """Answer what can't be read, or what came too late, and end the connection."""
        if self.exchange is not None:
            self.exchange.reject(denial)
            return
        duration_s = self.now() - self._began_at if self._began_at else 0.0
        record = RequestRecord("", "", "", self.peer, status=denial.status, reason=denial.reason, duration_s=duration_s)
        self.gateway.observer.request_done(record)
        self.write(denial.response(http_date(), close=True))
        self._linger()

    def _linger(self) -> None:
        """Say that this was all, and read on for a moment."""
        self._mark_over()
        self.read_gate.resume_all()
        if not self._transport.is_closing():
            self._transport.write_eof()

    def _close(self) -> None:
        self._mark_over()
        self._transport.close()

    def _mark_over(self) -> None:
        self._is_over = True
        self.deadline = self.now() + self._lingering_close.begin()
