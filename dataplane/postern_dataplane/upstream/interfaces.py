"""How a connection to an upstream sees the exchange that it carries, so that it imports none."""

from __future__ import annotations

from typing import Protocol

from postern_dataplane.http1.response import Fields, Response


class ResponseHandler(Protocol):
    """Receives a response; called in this order, from within the reading of one packet."""

    method: str

    def informational_arrived(self, status: int, phrase: bytes, fields: Fields) -> None:
        """A 1xx came, and the final response is still to come."""

    def response_arrived(self, status: int, phrase: bytes, fields: Fields) -> Response:
        """The head of the final response came; raises `BadResponse`."""

    def response_body_arrived(self, data: bytes) -> None:
        """A part of the body came."""

    def packet_read(self) -> None:
        """All that one packet brought was handed on, and the response goes on."""

    def response_ended(self) -> None:
        """The response is whole."""

    def switched_protocols(self, status: int, phrase: bytes, fields: Fields, tail: bytes) -> None:
        """A 101 came; `tail` and what follows is the other protocol's. Raises `BadResponse`."""

    def tunnel_data_arrived(self, data: bytes) -> None:
        """Bytes of the other protocol."""

    def upstream_failed(self, kind: str) -> None:
        """There will be no more of this response: `reset`, `bad_response`, or `stale` where no request was read."""

    def pause_upload(self) -> None:
        """The upstream takes bytes more slowly than they come."""

    def resume_upload(self) -> None:
        """The upstream has taken what there was."""
