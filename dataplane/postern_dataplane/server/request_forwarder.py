"""The request of an exchange on its way upstream: the connection it takes, and its body, which goes on as it comes.

What comes back, and what becomes of a failure, is the business of `exchange`.  Both are one object, as each request
makes one: `Exchange` adds the response to what is here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from postern_core.snapshot import Backend
from postern_dataplane.request import denials
from postern_dataplane.state_machine import Moves, State, forbidden
from postern_dataplane.telemetry.events import RequestRecord
from postern_dataplane.upstream.connect_failure import connect_failure
from postern_dataplane.upstream.connection import UpstreamConnection
from postern_dataplane.upstream.retry import RetryState

from .attempt_budget import AttemptBudget
from .body_forwarder import BodyForwarder
from .interfaces import Downstream, Services
from .mirroring import Copies


class ExchangeState(State):
    """What an exchange waits for; each state has a time-out of its own."""

    CONNECTING = "waits for a connection to the upstream"
    UPLOADING = "the head was sent, and the request's body goes on"
    WAITING = "all of the request was sent, and the head of the response has not come"
    DOWNLOADING = "the response's head has come; the rest of the request's body may still go on"
    TUNNEL = "both sides speak another protocol"
    DONE = "is over, and was reported"


CONNECTING, UPLOADING, WAITING, DOWNLOADING, TUNNEL, DONE = ExchangeState
MOVES: Moves[ExchangeState] = {
    CONNECTING: {UPLOADING, WAITING, DONE},
    UPLOADING: {CONNECTING, WAITING, DOWNLOADING, DONE},
    WAITING: {CONNECTING, DOWNLOADING, TUNNEL, DONE},
    DOWNLOADING: {DONE},
    TUNNEL: {DONE},
    DONE: set(),
}


class RequestForwarder(ABC):
    """Sends one request on; `Exchange` sets its attributes and takes the response.

    State changes without awaiting, by `_move`; only connecting awaits, in `_connect`.
    """

    __slots__ = (
        "_attempts", "_backend", "_began_at", "_body", "_client", "_retry_state", "_sent", "_sent_at", "_services",
        "_upstream", "copies", "record", "state",
    )  # fmt: skip

    _attempts: AttemptBudget | None
    _backend: Backend
    _began_at: float
    _body: BodyForwarder | None
    _client: Downstream
    _retry_state: RetryState
    _sent_at: float
    _services: Services
    _upstream: UpstreamConnection | None
    copies: Copies | None
    record: RequestRecord
    state: ExchangeState

    @abstractmethod
    def reject(self, denial: denials.Denial) -> None:
        """Answer with a refusal, or cut a response short that has begun."""

    @abstractmethod
    def time_is_over(self) -> None:
        """End what has taken longer than its route lets it."""

    @abstractmethod
    def _attach(self, connection: UpstreamConnection) -> None:
        """Send the head over a connection, and the part of the body that is here already."""

    def _move(self, to: ExchangeState) -> None:
        if to not in MOVES[self.state]:
            before, self.state = self.state, DONE
            self._release_upstream()
            self._client.abort()
            raise forbidden(self, before, to)
        self.state = to

    @property
    def held_bytes(self) -> int:
        """Bytes of the request that the upstream has not taken."""
        return (self._body.held_bytes if self._body else 0) + (self._upstream.unsent_bytes if self._upstream else 0)

    def start(self, sent: bytes) -> None:
        """Send the request on with this head, over a connection that is there or a new one."""
        self._sent = sent
        if self._attempts is not None:
            self._attempts.begin(self.time_is_over)
        if self._body is not None and self._body.is_bounded and self._holds_too_much(self._body):
            return
        connection = self._retry_state.idle_connection(self._client.now())
        if connection is not None:
            if self._body is not None:
                self._body.remember()
            self._attach(connection)
        else:
            self._begin_to_connect()

    def _begin_to_connect(self) -> None:
        self._client.deadline.clear()  # connecting has a time-out of its own
        self._services.tasks.start(self._connect(), "connect upstream")

    async def _connect(self) -> None:
        try:
            connection = await self._retry_state.connect()
        except OSError as error:
            self.reject(denials.UPSTREAM_FAILURES[connect_failure(error)])
            return
        if self.state is CONNECTING:
            self._attach(connection)
        else:
            self._retry_state.pool.keep(connection, self._client.now())

    def body_arrived(self) -> None:
        """Send on what has come of the request's body, or keep it while there is no connection."""
        if self._body is None:
            return
        if self.state is CONNECTING:
            self._holds_too_much(self._body)
            return
        data = self._body.take()
        if self._body.is_too_large:
            self.reject(denials.BODY_TOO_LARGE)
            return
        if self.copies is not None:
            self.copies.add(data)
        if data and self._upstream is not None:
            self._upstream.write(data)
        self._uploaded()

    def _holds_too_much(self, body: BodyForwarder) -> bool:
        """Keep what has come while there is no connection; answer, and return True, where it is more than may."""
        body.hold()
        if body.is_too_large:
            self.reject(denials.BODY_TOO_LARGE)
        return body.is_too_large

    def _uploaded(self) -> None:
        """Note that bytes have gone upstream, perhaps the last of the request's."""
        if self.state is not UPLOADING:
            return
        if self._body is not None and not self._body.is_whole:
            self._body.wait(self._backend, self._client.now(), self._began_at)
        else:
            self._wait_for_response()

    def _wait_for_response(self) -> None:
        self._move(WAITING)
        if self.copies is not None:
            self.copies.send(self.record.request_id.encode())
        self._sent_at = now = self._client.now()
        self._client.deadline.wait_for_response(self._backend, now)

    def pause_upload(self) -> None:
        self._client.read_gate.pause("upstream")
        self._uploaded()

    def resume_upload(self) -> None:
        self._client.read_gate.resume("upstream")
        self._uploaded()

    def _release_upstream(self) -> None:
        """Return the upstream connection to the pool, or drop it where this exchange is not over on it."""
        connection, self._upstream = self._upstream, None
        if connection is None:
            return
        if connection.is_reusable and (self._body is None or self._body.is_whole):
            self._retry_state.pool.keep(connection, self._client.now())
        elif self.state is TUNNEL:
            connection.close()
        else:
            connection.abort()
