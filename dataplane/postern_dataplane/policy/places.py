"""Where a token is in a request, and how it is taken out without touching anything else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal
from urllib.parse import unquote_to_bytes

from postern_core.snapshot import Place

Headers = Sequence[tuple[bytes, bytes]]

REPEATED: Final = False
Found = str | Literal[False] | None


def find_token(places: tuple[Place, ...], headers: Headers, query: str | None) -> tuple[Found, Place | None]:
    """The token in the first place that holds a value, and that place.

    None when no place holds one; `REPEATED` when a place holds two, which nobody can tell apart.
    """
    for place in places:
        values = _VALUES[place.kind](place.name, headers, query)
        if len(values) > 1:
            return REPEATED, place
        if values and values[0]:
            return values[0], place
    return None, None


def _in_header(name: str, headers: Headers, _query: str | None) -> list[str]:
    wanted = name.encode("latin-1")
    return [
        without_scheme(value.decode("latin-1").strip(" \t"))
        for field, value in headers
        if len(field) == len(wanted) and field.lower() == wanted
    ]


def without_scheme(value: str) -> str:
    """RFC 9110, section 11.1: the scheme is case-insensitive, and one or more spaces follow it."""
    if value[:6].lower() == "bearer" and (len(value) == 6 or value[6] == " "):
        return value[6:].lstrip(" ")
    return value


def _in_query(name: str, _headers: Headers, query: str | None) -> list[str]:
    parameters = [segment.partition("=") for segment in query.split("&")] if query else []
    return [
        unquote_to_bytes(value.encode("utf-8", "surrogateescape")).decode("latin-1")
        for key, _, value in parameters
        if is_parameter(key, name)
    ]


def is_parameter(key: str, name: str) -> bool:
    """Whether a key in a query is this parameter, after one percent-decoding."""
    if "%" not in key:
        return key == name
    return unquote_to_bytes(key.encode("utf-8", "surrogateescape")) == name.encode()


def _in_cookie(name: str, headers: Headers, _query: str | None) -> list[str]:
    lines = [line.decode("latin-1") for field, line in headers if len(field) == 6 and field.lower() == b"cookie"]
    pairs = [pair.partition("=") for line in lines for pair in line.split(";")]
    return [_unquoted(value.strip(" \t")) for key, _, value in pairs if key.strip(" \t") == name]


def _unquoted(value: str) -> str:
    """RFC 6265, section 4.1.1: a cookie's value may stand in double quotes."""
    return value[1:-1] if len(value) >= 2 and value[0] == value[-1] == '"' else value


_VALUES = {"header": _in_header, "query": _in_query, "cookie": _in_cookie}


def query_without(names: frozenset[str], query: str) -> str | None:
    """The query without these parameters, every other byte as it was; None when nothing is left."""
    segments = query.split("&")
    kept = [segment for segment in segments if not any(is_parameter(segment.partition("=")[0], n) for n in names)]
    if len(kept) == len(segments):
        return query
    return "&".join(kept) if kept else None


def cookie_without(names: frozenset[bytes], line: bytes) -> bytes | None:
    """A Cookie line without these cookies, every other byte as it was; None when nothing is left."""
    pairs = line.split(b";")
    kept = [pair for pair in pairs if pair.partition(b"=")[0].strip(b" \t") not in names]
    if len(kept) == len(pairs):
        return line
    if kept and kept[0] is not pairs[0]:
        kept[0] = kept[0].lstrip(b" \t")  # the space was a separator's, and there is none before the first
    left = b";".join(kept)
    return left if left.strip(b" \t") else None
