"""The entries of a snapshot that say how a route changes requests and responses: filters, of each type one at most.

No filter says who calls, for whom, or how a message is framed: a data plane says that itself, after every filter.
"""

from __future__ import annotations

from typing import Literal

from .snapshot_entry import Entry


class HeaderField(Entry, frozen=True):
    """A header field; its name is compared without case."""

    name: str
    value: str


class RequestHeaders(Entry, frozen=True, tag_field="type", tag="RequestHeaders"):
    """Fields of the request: those of `remove` and `set` are not the client's, those of `set` and `add` are written."""

    set: tuple[HeaderField, ...] = ()
    add: tuple[HeaderField, ...] = ()
    remove: tuple[str, ...] = ()


class ResponseHeaders(Entry, frozen=True, tag_field="type", tag="ResponseHeaders"):
    """The same of the upstream's response; the gateway's own answers stay as they are."""

    set: tuple[HeaderField, ...] = ()
    add: tuple[HeaderField, ...] = ()
    remove: tuple[str, ...] = ()


class Rewrite(Entry, frozen=True, tag_field="type", tag="Rewrite"):
    """The host and the path that the upstream is asked for, None for what stays.

    `path` comes in the place of `prefix`, in whole segments, or with None for that of the whole path.  It takes the
    place of what the route strips.
    """

    hostname: str | None = None
    path: str | None = None
    prefix: str | None = None


class Redirect(Entry, frozen=True, tag_field="type", tag="Redirect"):
    """The address that a client is sent to, with None for what stays of the one that it has asked for.

    With a `scheme` and no `port` that is the scheme's own.  `path` and `prefix` are as in Rewrite.
    """

    scheme: Literal["http", "https"] | None = None
    hostname: str | None = None
    port: int | None = None
    path: str | None = None
    prefix: str | None = None
    status: Literal[301, 302, 303, 307, 308] = 302


Filter = RequestHeaders | ResponseHeaders | Rewrite | Redirect
# Those of one backend, which come after the route's.
BackendFilter = RequestHeaders | ResponseHeaders
