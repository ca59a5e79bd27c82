"""One client connection: requests in, one exchange after the other, responses out in the same order.

Rules of this file:
1. One exchange at a time; of a request that comes early only a few bytes are kept.
2. Bytes that can't be read as a request are answered once and end the connection, by a lingering close.
3. `_is_write_paused` is no state, as it may change in each of them.

The states, and how a connection begins and ends, are those of `client_protocol`.
"""

from __future__ import annotations

import time

from postern_dataplane.decision.outcome import Authorized, Outcome, Reject
from postern_dataplane.decision.rate_limiting import within_limits
from postern_dataplane.flow_control import PART_BYTES
from postern_dataplane.http1.date import http_date
from postern_dataplane.http1.denial_response import denial_response
from postern_dataplane.http1.message import Message
from postern_dataplane.http1.request_head import RequestError, request_head
from postern_dataplane.listener import ListenerConfig
from postern_dataplane.request import denials
from postern_dataplane.request.head import RequestHead
from postern_dataplane.telemetry.definitions import UNKNOWN_KEY_HINTS
from postern_dataplane.telemetry.events import RequestRecord, path_of

from .answers import Sent
from .cached_heads import Packet
from .client_protocol import BLOCKED, CLOSED, ENDING, IDLE, IN_EXCHANGE, QUEUED, READING_HEAD, ClientProtocol
from .exchange import Exchange
from .interfaces import Services
from .request_forwarder import TUNNEL

# What may wait behind the request that is being answered.
BACKLOG_BYTES_MAX = 8 * 1024
# After so many heads in a row that were not known, a connection looks up each eighth: most never come again.
NEW_HEADS_MAX = 32
NEW_HEADS_STEP = 8


class ClientConnection(ClientProtocol):
    """A client of the gateway; `interfaces` says what its exchanges (`Downstream`) and the gateway ask of it."""

    __slots__ = ("_is_write_paused", "_new_heads", "_waiting", "_wants_close", "exchange")

    def __init__(self, gateway: Services, listener: ListenerConfig) -> None:
        ClientProtocol.__init__(self, gateway, listener)
        self.exchange: Exchange | None = None
        self._waiting: Message | None = None
        self._is_write_paused = False
        self._new_heads = 0

    def data_received(self, data: bytes) -> None:
        if self.read_gate.rest or (len(data) > PART_BYTES and not self.reader.is_in_body_of(len(data))):
            data = self.read_gate.first_part(data)
            if not data:
                return
        state, packet = self.state, None
        if state is IDLE:
            packet = self._packet(data)
            if packet is not None and not self._is_write_paused and self._begin_known(packet):
                return
            self._began_at = self.now()
        elif state in ENDING:
            self._lingering_close.read(data)
            return
        elif self.exchange is not None and self.exchange.state is TUNNEL:
            self.exchange.tunnel_upload(data)
            return
        try:
            message = self.reader.feed(data)
        except RequestError as error:
            self._refuse(error.denial)
            return
        if message is None:
            self._read_on()
        elif self._is_write_paused:
            self._waiting = message
            self._block()
        else:
            self._begin(message, packet)

    def _packet(self, data: bytes) -> Packet | None:
        """What came, if it may be known; None where it is not worth looking, or more than this packet was read."""
        self._new_heads = new = self._new_heads + 1
        if not self.reader.is_clean or (new > NEW_HEADS_MAX and new % NEW_HEADS_STEP):
            return None
        return self.gateway.decision_cache.packet(self.connection_key, data)

    def _begin_known(self, packet: Packet) -> bool:
        """Begin a request that is the same, but for a token, as one that was read; returns whether it is."""
        found = self.gateway.lookup(packet)
        if found is None:
            return False
        self._new_heads = 0
        (known, (outcome, sent)), self._began_at = found, self.now()
        head = known.head
        stays_idle = type(outcome) is Reject
        if not stays_idle:
            self.reader.skip()
        record = RequestRecord(head.method, known.host, known.path, head.peer)
        self._apply(head, record, outcome, sent, stays_idle=stays_idle)
        return True

    def _read_on(self) -> None:
        """Note bytes that completed no head: a body's, the next requests', or a part of a head."""
        if self.state is IDLE:
            self._move(READING_HEAD)
        if self.state is READING_HEAD:
            self.deadline.wait_for_head(self._began_at)
            return
        if self.exchange is not None:
            self.exchange.body_arrived()
        if self.reader.backlog > BACKLOG_BYTES_MAX:
            self.read_gate.pause("backlog")

    def connection_lost(self, _exc: Exception | None) -> None:
        self._lingering_close.lost()
        self.gateway.forget(self)
        self._move(CLOSED)
        if self.exchange is not None:
            self.exchange.client_disconnected()

    def pause_writing(self) -> None:
        self._is_write_paused = True
        if self.exchange is not None:
            self.exchange.pause_download()
        elif self.state is QUEUED:
            self._block()

    def resume_writing(self) -> None:
        self._is_write_paused = False
        if self.exchange is not None:
            self.exchange.resume_download()
        elif self.state is BLOCKED:
            self.read_gate.resume("answers")
            self._queue()

    def _block(self) -> None:
        """Begin nothing, and read nothing, for a client that takes no responses: all of it would have to be kept."""
        self._move(BLOCKED)
        self.deadline.wait_for_client(self.now())
        self.read_gate.pause("answers")

    def _queue(self) -> None:
        """Begin the next request, but not from within the last one: a client may have sent hundreds at once."""
        self._move(QUEUED)
        self.gateway.loop.call_soon(self._begin_waiting)

    def _begin_waiting(self) -> None:
        if self.state is QUEUED and self._waiting is not None:
            message, self._waiting = self._waiting, None
            self._begin(message, None)

    def _begin(self, message: Message, packet: Packet | None) -> None:
        """Begin a request; `packet` is all that the parser has seen of it, None where that is not known."""
        try:
            limits, is_small = self.gateway.limits, packet is not None
            head = request_head(message, limits, self.peer, self.listener, self.tls, is_small=is_small)
        except RequestError as error:
            self._refuse(error.denial)
            return
        record = RequestRecord(head.method, _host_of(head), path_of(head.target), head.peer)
        packet = None if message.upgrade or not self.reader.is_clean else packet
        outcome, sent = self.gateway.decide(self.listener, packet, head, record)
        self._apply(head, record, outcome, sent)

    def _apply(
        self, head: RequestHead, record: RequestRecord, outcome: Outcome, sent: Sent, *, stays_idle: bool = False
    ) -> None:
        """Forward a request as these bytes, or refuse it: only a forwarded one needs an `Exchange`.

        `stays_idle` says that it is refused, and that the reader has seen nothing of it.
        """
        if not stays_idle:
            self._move(IN_EXCHANGE)
        self._wants_close = head.closes
        if outcome.route is not None:
            record.route = outcome.route.label
        row = outcome.route
        heads: tuple[bytes, ...] = ()
        if outcome.counted:
            record.consumer = outcome.consumer if type(outcome) is Authorized else ""
            outcome = within_limits(outcome, self.gateway.token_buckets, time.monotonic())
        if isinstance(sent, tuple):
            heads, sent = sent, b""
            if type(outcome) is Authorized:  # what is refused takes no turn
                outcome, sent = self.gateway.rotations.choose(outcome, heads)
        sent = sent if self.gateway.annotator is None else self.gateway.annotator.annotate(head, outcome, record, sent)
        if type(outcome) is not Authorized:
            now = self.now()
            record.duration_s = now - self._began_at
            keeps_alive = self.reject(outcome.denial, head, record, outcome)
            if stays_idle:
                self._stay_idle(now, keeps_alive=keeps_alive)
            else:
                self.exchange_ended(keeps_alive=keeps_alive)
        else:
            self.exchange = Exchange(self, head, outcome, record, self._began_at)
            if heads and row is not None and row.split is not None and row.split.mirrors:
                self.exchange.copies = self.gateway.mirroring.copies(row.id, row.split, heads, head)
            self.exchange.start(sent)

    def reject(self, denial: denials.Denial, head: RequestHead, record: RequestRecord, outcome: Outcome) -> bool:
        keeps_alive = self.keeps_alive and not denial.closes and self.reader.is_complete and head.http_minor > 0
        record.status, record.reason = denial.status, denial.reason
        self.gateway.observer.request_done(record)
        if denial.unknown_key_of:
            self.gateway.observer.count(UNKNOWN_KEY_HINTS, denial.unknown_key_of)
        beside, responses, bodyless = outcome.cors, outcome.responses, head.method == "HEAD"
        if type(outcome) is Reject and outcome.limits:
            beside = (*(beside or ()), *outcome.limits)
        self.write(denial_response(denial, http_date(), beside, responses, close=not keeps_alive, bodyless=bodyless))
        return keeps_alive

    def _stay_idle(self, now: float, *, keeps_alive: bool) -> None:
        """Wait for the next request, or go on as behind an exchange where the refusal was not all there is to do."""
        if self.state is not IDLE:
            return  # as it was written
        if keeps_alive and not self.read_gate.reasons:
            self._began_at = now
            self.deadline.wait_for_request(now)
        else:
            self.reader.skip()
            self._move(IN_EXCHANGE)
            self.exchange_ended(keeps_alive=keeps_alive)

    def exchange_ended(self, *, keeps_alive: bool) -> None:
        self.exchange = None
        if self.state in ENDING:
            return
        if not keeps_alive:
            self._linger(self._lingering_close.half_close)
            return
        self._began_at = now = self.now()
        self.deadline.wait_for_request(now)
        try:
            self._waiting = self.reader.next()
        except RequestError as error:
            self._refuse(error.denial)
            return
        if self.reader.backlog > BACKLOG_BYTES_MAX:
            self.read_gate.pause_only("backlog")
        elif self.read_gate.reasons:
            self.read_gate.resume_all()
        if self._waiting is not None:
            self._block() if self._is_write_paused else self._queue()
        elif self.reader.is_in_head:
            self._move(READING_HEAD)
            self.deadline.wait_for_head(now)
        else:
            self._move(IDLE)
            if self.gateway.is_draining:
                self.close()

    @property
    def keeps_alive(self) -> bool:
        opened = self.listener.opened
        is_closing = self.gateway.is_draining or (opened is not None and opened.is_closing)
        return not (self._wants_close or is_closing or self.state in ENDING or self.reader.is_spent)

    def expire(self) -> None:
        self.deadline.clear()
        if self.state in ENDING:
            self._lingering_close.expire(self.now())
        elif self.exchange is not None:
            self.exchange.expire()
        elif self.state is READING_HEAD:
            self._refuse(denials.REQUEST_TIMEOUT)
        else:
            self.close()

    def _refuse(self, denial: denials.Denial) -> None:
        """Answer what can't be read, or what came too late, and end the connection."""
        if self.exchange is not None:
            self.exchange.reject(denial)
            return
        record = RequestRecord("", "", "", self.peer, status=denial.status, reason=denial.reason)
        record.duration_s = self.now() - self._began_at
        self.gateway.observer.request_done(record)
        self.write(denial_response(denial, http_date(), close=True))
        self._linger(self._lingering_close.half_close)


def _host_of(head: RequestHead) -> str:
    """The first Host field for the log, "" for none."""
    places = head.layout.places.get(b"host")
    return head.field_values[places[0]].decode("utf-8", "surrogateescape") if places else ""
