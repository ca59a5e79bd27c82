"""The parts of a snapshot that say which pages and which addresses may call."""

from __future__ import annotations

from .snapshot_entry import Entry


class Cors(Entry, frozen=True):
    """Which pages of other origins may call, by the Fetch standard, and what they may read.

    `origins` are `scheme://host`, with a port or not; `scheme://*.suffix` is one label or more before the suffix, `*`
    every origin, which is never there with `credentials`.
    """

    origins: tuple[str, ...]
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    credentials: bool = False
    max_age_s: int = 5


class Clients(Entry, frozen=True):
    """From which addresses requests may come: networks, of which `deny` wins; an empty `allow` allows all others.

    `is_peer` asks for the address of the connection, where else a trusted proxy says whose it is.
    """

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    is_peer: bool = False
