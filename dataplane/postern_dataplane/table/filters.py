"""The filters of a route, ready to be applied.

No filter touches what the gateway alone says of a message: who calls, for whom, and how it is framed.  Checks refuse
such a name, and one that is in a snapshot all the same is left out here; so is a value that could end its line early.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple

from postern_core.header_names import canonical, is_beyond_request_filters, is_beyond_response_filters
from postern_core.snapshot_filters import BackendFilter, Filter, HeaderField, RequestHeaders, ResponseHeaders
from postern_dataplane.request.field_layout import Fields
from postern_dataplane.request.head import field_lines
from postern_dataplane.request.response_edits import ResponseEdits

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


class HeaderFilters(NamedTuple):
    """What a route changes of header fields: `removed` are canonical names, which no client's field may have.

    `added` are fields for the upstream as lines, each ended; `response` None leaves those of a response.
    """

    removed: frozenset[bytes]
    added: bytes
    response: ResponseEdits | None


@lru_cache(maxsize=256)
def compiled_header_filters(
    filters: tuple[Filter, ...], clean_headers: tuple[str, ...], of_backend: tuple[BackendFilter, ...] = ()
) -> HeaderFilters:
    """Those of a route, and then those of a backend; `clean_headers` are names that only the gateway may set.

    Most routes share.
    """
    cleaned = {canonical(name) for name in clean_headers}
    removed, response = {name.encode() for name in cleaned}, None
    added: Fields = ()

    def is_beyond(name: str) -> bool:
        return is_beyond_request_filters(name) or canonical(name) in cleaned

    for entry in (*filters, *of_backend):
        if isinstance(entry, RequestHeaders):
            names = [it.name for it in entry.set] + list(entry.remove)
            gone = {canonical(name).encode() for name in names if not is_beyond(name)}
            removed |= gone
            added = tuple(it for it in added if canonical(it[0].decode()).encode() not in gone)
            added += _fields((*entry.set, *entry.add), is_beyond)
        elif isinstance(entry, ResponseHeaders):
            names = [it.name for it in entry.set] + list(entry.remove)
            gone = {it.lower().encode() for it in names if not is_beyond_response_filters(it)}
            before = response or ResponseEdits(frozenset(), ())
            kept = tuple(it for it in before.added if it[0].lower() not in gone)
            written = kept + _fields((*entry.set, *entry.add), is_beyond_response_filters)
            response = ResponseEdits(before.removed | gone, written)
    return HeaderFilters(frozenset(removed), field_lines(added), response)


def _fields(fields: Iterable[HeaderField], is_beyond: Callable[[str], bool]) -> Fields:
    return tuple(
        (it.name.encode(), it.value.encode())
        for it in fields
        if _NAME.fullmatch(it.name) and it.value.isascii() and it.value.isprintable() and not is_beyond(it.name)
    )
