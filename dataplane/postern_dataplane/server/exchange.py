"""One request and its response: decided, sent upstream, and brought back.

Rules of this file:
1. There is one response: once its head has gone out, a failure cuts it short.
2. Every way out leads through `_complete_record`, once.

How the request goes on is `request_forwarder`, which holds the states as well.
"""

from __future__ import annotations

from postern_dataplane.decision.outcome import Authorized
from postern_dataplane.http1.response import BadResponse, Fields, Response
from postern_dataplane.http1.response_head import informational
from postern_dataplane.http1.response_writer import ResponseWriter
from postern_dataplane.request import denials
from postern_dataplane.request.head import RequestHead
from postern_dataplane.telemetry.events import CLIENT_CLOSED, CLIENT_CLOSED_STATUS, IDLE_TIMEOUT, RequestRecord
from postern_dataplane.upstream.connection import UpstreamConnection
from postern_dataplane.upstream.retry import RetryState

from .attempt_budget import AttemptBudget
from .body_forwarder import BodyForwarder
from .interfaces import Downstream
from .request_forwarder import CONNECTING, DONE, DOWNLOADING, TUNNEL, UPLOADING, WAITING, RequestForwarder


class Exchange(RequestForwarder):
    """One request of a client connection, until its response is out; it is the `ResponseHandler` of its upstream."""

    __slots__ = ("_outcome", "_response_writer", "_was_answered", "head", "method", "response_body_arrived")

    def __init__(
        self, client: Downstream, head: RequestHead, outcome: Authorized, record: RequestRecord, began_at: float
    ) -> None:
        self._client = client
        self._services = client.gateway
        self.head = head
        self.method = head.method
        self.state = CONNECTING
        self.record = record
        record.consumer = outcome.consumer
        self._began_at = began_at
        self._outcome = outcome
        self._backend = outcome.upstream.backend
        self._retry_state = RetryState(self._services.upstreams.get(outcome.upstream), self._services.observer)
        self._body = None
        if head.chunked or head.content_length:
            bytes_max = outcome.route.body_bytes_max if head.chunked else None  # a length was compared by `decide`
            self._body = BodyForwarder(client, is_chunked=head.chunked, bytes_max=bytes_max)
        row = outcome.route
        self._response_writer = ResponseWriter(
            client.write, head, row.mapping, record.host, outcome.cors, edits=row.response_edits
        )
        self.response_body_arrived = self._response_writer.add
        self._attempts = None if row.attempts is None else AttemptBudget(row.attempts, self._services.loop)
        self._upstream, self.copies = None, None
        self._was_answered, self._sent_at = False, 0.0

    def _attach(self, connection: UpstreamConnection) -> None:
        """Send the head, and the part of the body that is here already."""
        self._upstream = connection
        self.record.upstream = connection.address
        if self._attempts is not None:
            self._attempts.begin_attempt(self._attempt_is_over)
            if self._body is not None and self._attempts.keeps_body:
                self._body.remember()
        if self._body is None:
            connection.begin(self, self._sent)
            self._wait_for_response()
            return
        self._move(UPLOADING)
        begun = self._body.take()
        if self.copies is not None:
            self.copies.add(begun)
        connection.begin(self, self._sent + begun)
        self._uploaded()

    def informational_arrived(self, status: int, phrase: bytes, fields: Fields) -> None:
        self._was_answered = True
        if self.head.http_minor:  # RFC 9110, section 15.2: none of these to an HTTP/1.0 client
            self._client.write(self._bounded(informational(status, phrase, fields)))

    def response_arrived(self, status: int, phrase: bytes, fields: Fields) -> Response:
        if self._attempts is not None and self._repeats(status):
            self._attempts.is_again = True
            raise BadResponse  # ends the connection, and leads to `upstream_failed`
        self._was_answered = True
        if self._body is not None:
            self._body.forget()
        closes = not (self._client.keeps_alive and (self._body is None or self._body.is_whole))
        response = self._response_writer.begin(status, phrase, fields, closes=closes)
        if len(response.head) > self._services.limits.max_response_headers_bytes:
            raise BadResponse
        self.record.status = status
        self.record.upstream_latency_s = self._client.now() - (self._sent_at or self._began_at)
        self._move(DOWNLOADING)
        return response

    def _bounded(self, head: bytes) -> bytes:
        """The head of a response, which may not be larger than this gateway's are; raises `BadResponse`."""
        if len(head) > self._services.limits.max_response_headers_bytes:
            raise BadResponse
        return head

    def packet_read(self) -> None:
        if self._response_writer.flush():
            self._client.deadline.wait_for_bytes(self._backend, self._client.now())

    def response_ended(self) -> None:
        """The response is whole; what is still to come of the request is not sent on."""
        response = self._response_writer.response
        if response is None or self.state is DONE:
            return
        self._response_writer.end()
        self._release_upstream()
        self._end(keeps_alive=not response.closes)

    def switched_protocols(self, status: int, phrase: bytes, fields: Fields, tail: bytes) -> None:
        if not self.head.is_websocket or self._upstream is None:
            raise BadResponse
        if self._attempts is not None:
            self._attempts.end()
        edits = self._outcome.route.response_edits
        fields, written = (fields, ()) if edits is None else (edits.kept(fields), edits.added)
        self._client.write(self._bounded(informational(status, phrase, fields, written)))
        self.record.status = status
        self._response_writer.head_is_out = True
        self._move(TUNNEL)
        self.tunnel_data_arrived(tail)
        self.tunnel_upload(self._client.reader.upgrade())
        self._client.read_gate.resume("backlog")

    def tunnel_data_arrived(self, data: bytes) -> None:
        self._client.deadline.wait_for_bytes(self._backend, self._client.now())
        self._response_writer.size_bytes += len(data)
        self._client.write(data)

    def tunnel_upload(self, data: bytes) -> None:
        self._client.deadline.wait_for_bytes(self._backend, self._client.now())
        self.record.bytes_in += len(data)
        assert self._upstream is not None, "a tunnel has two ends"
        self._upstream.write(data)

    def pause_download(self) -> None:
        if self._upstream is not None:
            self._upstream.pause_reading()

    def resume_download(self) -> None:
        if self._upstream is not None:
            self._client.deadline.wait_for_bytes(self._backend, self._client.now())
            self._upstream.resume_reading()

    def upstream_failed(self, kind: str) -> None:
        self._upstream = None
        if self.state is TUNNEL:
            self._end(keeps_alive=False)
            return
        if self._attempts is not None and self._attempts.is_again:
            self._attempts.is_again = False
            self._send_again()
            return
        self._retry_state.note(kind)
        if not self._was_answered and self._retry_state.may_retry(kind, self.method, self._body):
            self._send_again()  # what ended this connection may have ended all that are idle
            return
        self.reject(denials.UPSTREAM_FAILURES[kind])

    def _send_again(self) -> None:
        if self.copies is not None:
            self.copies.restart()
        if self._attempts is not None:
            self._attempts.end_attempt()
        self._move(CONNECTING)
        self._client.read_gate.resume("upstream")
        self._begin_to_connect()

    def _repeats(self, status: int) -> bool:
        """Whether the request is sent again, to another address if there is one, in place of such a response."""
        connection, attempts = self._upstream, self._attempts
        if attempts is None or connection is None or self._was_answered:
            return False
        if not attempts.repeats(status, self.method, self._body):
            return False
        self._retry_state.note("status")
        self._retry_state.avoid(connection)
        return True

    def _attempt_is_over(self) -> None:
        is_waiting = self.state is WAITING or (self.state is UPLOADING and not self._waits_for_client)
        if is_waiting and self._repeats(denials.UPSTREAM_TIMEOUT.status):
            self._abort_upstream()
            self._send_again()
        else:
            self.time_is_over()

    def _abort_upstream(self) -> None:
        connection, self._upstream = self._upstream, None
        if connection is not None:
            connection.abort()

    def time_is_over(self) -> None:
        if self._waits_for_client:
            self.reject(denials.REQUEST_TIMEOUT)
        else:
            self._retry_state.note("timeout")
            self.reject(denials.UPSTREAM_TIMEOUT)

    @property
    def _waits_for_client(self) -> bool:
        """Whether it is the client that has to go on with the request's body."""
        return self.state is UPLOADING and "upstream" not in self._client.read_gate

    def expire(self) -> None:
        """The time-out of the present state is over."""
        if self.state in (DOWNLOADING, TUNNEL):
            self.record.reason = IDLE_TIMEOUT
            self._cut()
        else:
            self.time_is_over()

    def client_disconnected(self) -> None:
        """The client has left, and the response is sent to no one."""
        if self.state is DONE:
            return
        if self.state is not TUNNEL:
            self.record.reason = CLIENT_CLOSED
        if not self._response_writer.head_is_out:
            self.record.status = CLIENT_CLOSED_STATUS
        self._release_upstream()
        self._end(keeps_alive=False)

    def reject(self, denial: denials.Denial) -> None:
        """Answer with a refusal, or cut a response short that has begun."""
        if self.state is DONE:
            return
        if self._response_writer.head_is_out:
            self.record.reason = denial.reason
            self._cut()
            return
        self._response_writer.discard()
        self._release_upstream()
        self._complete_record()
        keeps_alive = self._client.reject(denial, self.head, self.record, self._outcome)
        self._client.exchange_ended(keeps_alive=keeps_alive)

    def _cut(self) -> None:
        self._release_upstream()
        (self._client.abort if self._response_writer.cut_is_unseen else self._client.close)()
        self._end(keeps_alive=False)

    def _end(self, *, keeps_alive: bool) -> None:
        self._complete_record()
        self._services.observer.request_done(self.record)
        self._client.exchange_ended(keeps_alive=keeps_alive)

    def _complete_record(self) -> None:
        self._move(DONE)
        if self._attempts is not None:
            self._attempts.end()
        if self.copies is not None:
            self.copies.drop()
        if self._body is not None:
            self.record.bytes_in = self._body.size_bytes
        self.record.bytes_out = self._response_writer.size_bytes
        self.record.duration_s = self._client.now() - self._began_at
