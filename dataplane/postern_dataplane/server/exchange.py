"""One request and its response: decided, sent upstream, and brought back.

Rules of this file:
1. There is one response: once its head has gone out, a failure cuts it short.
2. State changes without awaiting; only connecting awaits, in `_connect`.
3. Every way out leads through `_sum_up`, once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from postern_dataplane.decision.outcome import Forward, RequestHead
from postern_dataplane.http1.request_body import RequestBody
from postern_dataplane.http1.response_head import BadResponse, Fields, Response, informational
from postern_dataplane.http1.response_writer import ResponseWriter
from postern_dataplane.request import denials
from postern_dataplane.request.denials import Denial
from postern_dataplane.telemetry.events import CLIENT_CLOSED, CLIENT_CLOSED_STATUS, IDLE_TIMEOUT, RequestRecord
from postern_dataplane.upstream.connection import UpstreamConnection
from postern_dataplane.upstream.retry import RetryState

from .exchange_state import ExchangeState

if TYPE_CHECKING:
    from .client_connection import ClientConnection

# How much of a body is held while there is no connection yet to send it to.
HELD_BYTES_MAX = 64 * 1024

FAILURES = {"reset": denials.UPSTREAM_RESET, "bad_response": denials.UPSTREAM_BAD_RESPONSE}


class Exchange:
    """One request of a client connection, until its response is out.

    `method` is what `connection.ResponseHandler` asks for.
    """

    __slots__ = (
        "_began_at", "_client", "_forward", "_idle_s", "_request_body", "_response_writer", "_retry_state", "_sent_at",
        "_upstream", "_was_answered", "head", "method", "record", "response_body_arrived", "state",
    )  # fmt: skip

    def __init__(
        self, client: ClientConnection, head: RequestHead, forward: Forward, record: RequestRecord, began_at: float
    ) -> None:
        self._client = client
        self.head = head
        self.method = head.method
        self.state = ExchangeState.CONNECTING
        self.record = record
        record.consumer = forward.consumer
        self._began_at = began_at
        self._forward = forward
        self._idle_s = forward.upstream.backend.idle_timeout_ms / 1000
        self._retry_state = RetryState(client.gateway.upstreams.get(forward.upstream), client.gateway.observer)
        self._request_body = RequestBody(client.reader, is_chunked=head.chunked) if head.has_body else None
        self._response_writer = ResponseWriter(client.write, method=head.method, http_minor=head.http_minor)
        self.response_body_arrived = self._response_writer.add
        self._upstream: UpstreamConnection | None = None
        self._was_answered = False
        self._sent_at = 0.0

    @property
    def is_connecting(self) -> bool:
        """Whether there is no connection yet to send a body to."""
        return self.state is ExchangeState.CONNECTING

    @property
    def held_bytes(self) -> int:
        """Bytes of the request that the upstream has not taken."""
        held = self._request_body.held_bytes if self._request_body is not None else 0
        return held + (self._upstream.unsent_bytes if self._upstream is not None else 0)

    # The request's side.

    def start(self) -> None:
        """Send the request on, over a connection that is there or a new one."""
        connection = self._retry_state.idle_connection(self._client.now())
        if connection is not None:
            self._attach(connection)
        else:
            self._begin_to_connect()

    def _begin_to_connect(self) -> None:
        self.state = ExchangeState.CONNECTING
        self._client.deadline = float("inf")  # connecting has a time-out of its own
        self._client.gateway.tasks.start(self._connect(), "connect upstream")

    async def _connect(self) -> None:
        try:
            connection = await self._retry_state.connect()
        except OSError as error:
            self.reject(
                denials.UPSTREAM_TIMEOUT if isinstance(error, TimeoutError) else denials.UPSTREAM_CONNECT_FAILED
            )
            return
        if self.state is ExchangeState.CONNECTING:
            self._attach(connection)
        else:
            self._retry_state.pool.keep(connection, self._client.now())

    def _attach(self, connection: UpstreamConnection) -> None:
        """Send the head, and the part of the body that is here already."""
        self._upstream = connection
        self.record.upstream = connection.address
        self.state = ExchangeState.UPLOADING
        data = self._forward.head
        if self._request_body is not None:
            data += self._request_body.take()
            self._client.read_gate.resume("connecting")
        connection.begin(self, data)
        self._uploaded()

    def body_arrived(self) -> None:
        """More of the request's body is here."""
        if self._request_body is None:
            return
        if self.state is ExchangeState.CONNECTING:
            if self._request_body.hold() > HELD_BYTES_MAX:
                self._client.read_gate.pause("connecting")
            return
        data = self._request_body.take()
        if data and self._upstream is not None:
            self._upstream.write(data)
        self._uploaded()

    def _uploaded(self) -> None:
        """Note that bytes have gone upstream, perhaps the last of the request's."""
        if self.state is not ExchangeState.UPLOADING:
            return
        now = self._client.now()
        if self._request_body is None or self._request_body.is_whole:
            self.state = ExchangeState.WAITING
            self._sent_at = now
            self._client.deadline = now + self._forward.upstream.backend.request_timeout_ms / 1000
        else:
            self._client.deadline = now + self._idle_s

    # The response's side; see `connection.ResponseHandler`.

    def informational_arrived(self, status: int, phrase: bytes, fields: Fields) -> None:
        self._was_answered = True
        if self.head.http_minor:  # RFC 9110, section 15.2: none of these to an HTTP/1.0 client
            self._client.write(informational(status, phrase, fields))

    def response_arrived(self, status: int, phrase: bytes, fields: Fields) -> Response:
        self._was_answered = True
        client = self._client
        response = self._response_writer.begin(
            status, phrase, fields, closes=not (client.keeps_alive and self._is_whole)
        )
        self.record.status = status
        self.record.upstream_latency_s = client.now() - (self._sent_at or self._began_at)
        self.state = ExchangeState.DOWNLOADING
        return response

    @property
    def _is_whole(self) -> bool:
        return self._request_body is None or self._request_body.is_whole

    def packet_read(self) -> None:
        if self._response_writer.flush():
            self._client.deadline = self._client.now() + self._idle_s

    def response_ended(self) -> None:
        """The response is whole; what is still to come of the request nobody wants any more."""
        response = self._response_writer.response
        if response is None or self.state is ExchangeState.DONE:
            return
        self._response_writer.end()
        self._release_upstream()
        self._end(keeps_alive=not response.closes)

    def switched_protocols(self, status: int, phrase: bytes, fields: Fields, tail: bytes) -> None:
        if not self.head.is_websocket or self._upstream is None:
            raise BadResponse
        self._client.write(informational(status, phrase, fields))
        self.record.status = status
        self._response_writer.head_is_out = True
        self.state = ExchangeState.TUNNEL
        self.tunnel_data_arrived(tail)
        self.tunnel_upload(self._client.reader.upgrade())
        self._client.read_gate.resume("backlog")

    def tunnel_data_arrived(self, data: bytes) -> None:
        self._client.deadline = self._client.now() + self._idle_s
        self._response_writer.size_bytes += len(data)
        self._client.write(data)

    def tunnel_upload(self, data: bytes) -> None:
        """Bytes of the client, in a tunnel."""
        self._client.deadline = self._client.now() + self._idle_s
        self.record.bytes_in += len(data)
        assert self._upstream is not None, "a tunnel has two ends"
        self._upstream.write(data)

    def pause_upload(self) -> None:
        self._client.read_gate.pause("upstream")

    def resume_upload(self) -> None:
        self._client.read_gate.resume("upstream")
        self._uploaded()

    def pause_download(self) -> None:
        """The client takes bytes more slowly than they come."""
        if self._upstream is not None:
            self._upstream.pause_reading()

    def resume_download(self) -> None:
        """The client has taken what there was."""
        if self._upstream is not None:
            self._client.deadline = self._client.now() + self._idle_s
            self._upstream.resume_reading()

    # The ways out.

    def upstream_failed(self, kind: str) -> None:
        """There will be no more of the response: start again where that is safe, else say so."""
        self._upstream = None
        if self.state is ExchangeState.TUNNEL:
            self._end(keeps_alive=False)
            return
        self._retry_state.note(kind)
        is_untouched = self._request_body is None and not self._was_answered
        if kind == "reset" and is_untouched and self._retry_state.may_retry(self.method):
            # A new connection, for what ended this one may have ended all that are idle.
            self._begin_to_connect()
            return
        self.reject(FAILURES[kind])

    def expire(self) -> None:
        """The time for the present phase is over."""
        if self.state in (ExchangeState.DOWNLOADING, ExchangeState.TUNNEL):
            self.record.reason = IDLE_TIMEOUT
            self._cut()
        elif self.state is ExchangeState.UPLOADING and "upstream" not in self._client.read_gate:
            self.reject(denials.REQUEST_TIMEOUT)
        else:
            self._retry_state.note("timeout")
            self.reject(denials.UPSTREAM_TIMEOUT)

    def client_disconnected(self) -> None:
        """Nobody waits for the answer any more."""
        if self.state is ExchangeState.DONE:
            return
        if self.state is not ExchangeState.TUNNEL:
            self.record.reason = CLIENT_CLOSED
        if not self._response_writer.head_is_out:
            self.record.status = CLIENT_CLOSED_STATUS
        self._release_upstream()
        self._end(keeps_alive=False)

    def reject(self, denial: Denial) -> None:
        """Answer with a refusal, or, where an answer has begun, cut that short."""
        if self.state is ExchangeState.DONE:
            return
        if self._response_writer.head_is_out:
            self.record.reason = denial.reason
            self._cut()
            return
        self._response_writer.discard()
        self._release_upstream()
        self._complete_record()
        self._client.exchange_ended(keeps_alive=self._client.reject(denial, self.head, self.record))

    def _cut(self) -> None:
        self._release_upstream()
        self._client.cut(abruptly=self._response_writer.cut_is_unseen)
        self._end(keeps_alive=False)

    def _release_upstream(self) -> None:
        """Give the upstream connection back, or drop it where this exchange is not over on it."""
        connection, self._upstream = self._upstream, None
        if connection is None:
            return
        if connection.is_reusable and self._is_whole:
            self._retry_state.pool.keep(connection, self._client.now())
        elif self.state is ExchangeState.TUNNEL:
            connection.close()
        else:
            connection.abort()

    def _end(self, *, keeps_alive: bool) -> None:
        self._complete_record()
        self._client.gateway.observer.request_done(self.record)
        self._client.exchange_ended(keeps_alive=keeps_alive)

    def _complete_record(self) -> None:
        self.state = ExchangeState.DONE
        if self._request_body is not None:
            self.record.bytes_in = self._request_body.size_bytes
        self.record.bytes_out = self._response_writer.size_bytes
        self.record.duration_s = self._client.now() - self._began_at
