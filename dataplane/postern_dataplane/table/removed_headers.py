"""The header fields of a client that never go upstream as it sent them."""

from __future__ import annotations

from functools import lru_cache

from postern_core.header_names import FORWARDED, FRAMING, HOP_BY_HOP, IDENTITY, canonical

# Expect goes on: the data port lets only 100-continue in.
NEVER_FORWARDED = frozenset(canonical(name).encode() for name in (IDENTITY | HOP_BY_HOP | FRAMING) - {"expect"})
FORWARDED_HEADERS = frozenset(name.encode() for name in FORWARDED)


@lru_cache(maxsize=1024)
def removed_headers(of_route: frozenset[bytes], *, strips: bool) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """What a trusted proxy, and what any other client, may not send on; routes of a service share it.

    `of_route` are canonical names beside those of every route.  A trusted proxy's list of addresses is written anew,
    with the proxy's own at its end; so is its prefix, where another is taken off here.
    """
    rewritten = {b"x-forwarded-for", *([b"x-forwarded-prefix"] if strips else [])}
    removed = NEVER_FORWARDED | of_route | rewritten
    return removed, removed | FORWARDED_HEADERS
