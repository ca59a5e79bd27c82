"""The entries of a snapshot that say what the gateway's own answers hold."""

from __future__ import annotations

from typing import Literal

from .snapshot_entry import Entry

ResponseFormat = Literal["Message", "ProblemDetails"]


class ResponseBody(Entry, frozen=True):
    """A body of the gateway's own answers with one status, and its media type."""

    status: int
    content_type: str
    body: str


class Responses(Entry, frozen=True):
    """What the gateway's own answers hold, to the requests of the routes that name this; `bodies` differ by status.

    `hosts` and `path_prefix` are the place of a Service: the answers to requests there that no route takes.  Of several
    the longest prefix decides; where two differ at the same one, they are as anywhere else.
    """

    id: str
    format: ResponseFormat = "Message"
    bodies: tuple[ResponseBody, ...] = ()
    hosts: tuple[str, ...] = ()
    path_prefix: str = "/"
