"""The entries of a snapshot that say how a route changes requests and responses: filters, of each type one at most.

No filter says who calls, for whom, or how a message is framed: a data plane says that itself, after every filter.
"""

from __future__ import annotations

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


Filter = RequestHeaders | ResponseHeaders | Rewrite
