"""Where a token is in a request, and how it is taken out without touching anything else."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain, islice
from urllib.parse import unquote_to_bytes

from postern_core.snapshot import BEARER, TokenSource
from postern_dataplane.request.field_layout import FieldLayout, Values

from .extracted_token import ExtractedToken, RepeatedToken, TokenFound

COOKIE, PROTOCOL = b"cookie", b"sec-websocket-protocol"


def extract_token(
    places: tuple[TokenSource, ...], layout: FieldLayout, values: Values, query: str | None
) -> ExtractedToken:
    """The token in the first place that holds a value; None where no place holds one.

    `layout` and `values` are those of the head's fields.
    """
    for place in places:
        found = _LOOK[place.kind](place, layout, values, query)
        if found is not None:
            return found
    return None


def _in_header(place: TokenSource, layout: FieldLayout, values: Values, _query: str | None) -> ExtractedToken:
    at = layout.places.get(place.name.encode("latin-1"))
    if at is None:
        return None
    if len(at) > 1:
        return RepeatedToken(place)
    text = without_scheme(values[at[0]].decode("latin-1").strip(" \t"), place.scheme)
    return TokenFound(text, place) if text else None


def _only(texts: list[str], place: TokenSource) -> ExtractedToken:
    """What was found in a place where there may be more than one value."""
    if len(texts) > 1:
        return RepeatedToken(place)
    return TokenFound(texts[0], place) if texts and texts[0] else None


def without_scheme(value: str, scheme: str = BEARER) -> str:
    """RFC 9110, section 11.1: the scheme is case-insensitive, and one or more spaces follow it."""
    size = len(scheme)
    start = value[:size]
    if (start == scheme or start.lower() == scheme.lower()) and value[size : size + 1] in ("", " "):
        return value[size:].lstrip(" ")
    return value


def _in_query(place: TokenSource, _layout: FieldLayout, _values: Values, query: str | None) -> ExtractedToken:
    found = _parameters((place.name,)).finditer(f"&{query}") if query else iter(())
    texts = [
        unquote_to_bytes((match[1] or "").encode("utf-8", "surrogateescape")).decode("latin-1")
        for match in islice(found, 2)
    ]
    return _only(texts, place)


def is_parameter(key: str, name: str) -> bool:
    """Whether one key of a query is this parameter, after one percent-decoding."""
    if "%" not in key:
        return key == name
    return unquote_to_bytes(key.encode("utf-8", "surrogateescape")) == name.encode()


@lru_cache(maxsize=1024)
def _parameters(names: tuple[str, ...]) -> re.Pattern[str]:
    """Finds these parameters in a query that begins with `&`; a name may be percent-encoded, once.

    One search, however many parameters there are that are meant for others.
    """
    spelt = ["".join(map(_spelt, name)) for name in names]
    return re.compile(f"&(?:{'|'.join(spelt)})(?:=([^&]*+))?(?=&|\\Z)")


def _spelt(char: str) -> str:
    """A character of a name in each way in which a query may have it, as `unquote_to_bytes` undoes them."""
    encoded = "".join(
        f"%(?i:{byte:02x})" if byte < 0x80 else f"(?:%(?i:{byte:02x})|{chr(0xDC00 + byte)})" for byte in char.encode()
    )
    if char in "&=":
        return encoded
    raw = "%(?![0-9A-Fa-f]{2})" if char == "%" else re.escape(char)
    return f"(?:{raw}|{encoded})"


def _in_cookie(place: TokenSource, layout: FieldLayout, values: Values, _query: str | None) -> ExtractedToken:
    cookies = _cookies((place.name.encode("latin-1"),))
    found = chain.from_iterable(cookies.finditer(b";" + line) for line in layout.values(COOKIE, values))
    return _only([_unquoted((match[1] or b"").decode("latin-1").strip(" \t")) for match in islice(found, 2)], place)


@lru_cache(maxsize=1024)
def _cookies(names: tuple[bytes, ...]) -> re.Pattern[bytes]:
    """Finds these cookies in a line that begins with `;`, in one search however many others there are."""
    return re.compile(rb";[ \t]*+(?:%b)[ \t]*+(?:=([^;]*+))?(?=;|\Z)" % b"|".join(map(re.escape, names)))


def _unquoted(value: str) -> str:
    """RFC 6265, section 4.1.1: a cookie's value may stand in double quotes."""
    return value[1:-1] if len(value) >= 2 and value[0] == value[-1] == '"' else value


def _in_protocol(place: TokenSource, layout: FieldLayout, values: Values, _query: str | None) -> ExtractedToken:
    # RFC 6455, section 11.3.4: several fields are one list.
    protocols = _protocols((place.name.encode("latin-1"),))
    found = chain.from_iterable(protocols.finditer(b"," + line) for line in layout.values(PROTOCOL, values))
    return _only([match[1].decode("latin-1").rstrip(" \t") for match in islice(found, 2)], place)


@lru_cache(maxsize=1024)
def _protocols(prefixes: tuple[bytes, ...]) -> re.Pattern[bytes]:
    """Finds the protocols that begin so in a line that begins with `,`; names of protocols are compared with case."""
    return re.compile(rb",[ \t]*+(?:%b)([^,]*+)" % b"|".join(map(re.escape, prefixes)))


_LOOK = {"header": _in_header, "query": _in_query, "cookie": _in_cookie, "protocol": _in_protocol}


def query_without(names: frozenset[str], query: str) -> str | None:
    """The query without these parameters, every other byte as it was; None when nothing is left."""
    left, count = _parameters(tuple(sorted(names))).subn("", f"&{query}") if names else ("", 0)
    if not count:
        return query
    return left[1:] if left else None


def elements_without(field: bytes, names: frozenset[bytes], line: bytes) -> bytes | None:
    """A line of Cookie or Sec-WebSocket-Protocol without what a policy calls by these names.

    Every other byte stays as it was; None when nothing is left.
    """
    separator, pattern = _ELEMENTS[field]
    elements = pattern(tuple(sorted(names)))
    left, count = elements.subn(b"", separator + line) if names else (b"", 0)
    if not count:
        return line
    left = left[1:]
    if elements.match(separator + line):
        left = left.lstrip(b" \t")  # the space was a separator's, and there is none before the first
    return left if left.strip(b" \t") else None


_ELEMENTS = {COOKIE: (b";", _cookies), PROTOCOL: (b",", _protocols)}
