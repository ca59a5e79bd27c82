"""The values of a request that routes ask for: those of header fields and of query parameters."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from postern_dataplane.request.head import RequestHead


def header_value(name: str, head: RequestHead) -> str | None:
    """A header's value; several lines are one list (RFC 9110, section 5.3)."""
    values = head.values(name.encode())
    return b", ".join(values).decode("latin-1") if values else None


def query_value(name: str, query: str | None) -> str | None:
    """The first value of a query parameter, percent-decoded once."""
    for segment in (query or "").split("&") if query else ():
        key, _, value = segment.partition("=")
        if _decoded(key) == name:
            return _decoded(value)
    return None


def _decoded(text: str) -> str:
    return unquote_to_bytes(text.encode("utf-8", "surrogateescape")).decode("utf-8", "replace")
