"""The `cors` of a route, ready to answer: what is said to pages of which origins is prepared, but for wildcards.

What is remembered is one value for each origin that is named, never one for an origin that a client made up.
"""

from __future__ import annotations

import re
from functools import lru_cache

from postern_core.snapshot_callers import Cors
from postern_dataplane.request.field_layout import Fields

EVERY_ORIGIN = "*"
VARY: Fields = ((b"Vary", b"Origin"),)
# Longer than a host name with its scheme and port can be.
ORIGIN_BYTES_MAX = 320
_LABELS = r"(?:[a-z0-9_-]+\.)+"


class CompiledCors:
    """What the answers of a route say of CORS, and those to preflights; for equal entries it is the same object."""

    __slots__ = ("_answers", "_beside", "_is_below_a_wildcard", "_other", "_preflight")

    def __init__(self, entry: Cors) -> None:
        shown = _list(b"Access-Control-Expose-Headers", entry.expose_headers)
        credentials = ((b"Access-Control-Allow-Credentials", b"true"),) if entry.credentials else ()
        self._beside: Fields = (*credentials, *shown, *VARY)
        is_every = EVERY_ORIGIN in entry.origins
        # Caches may keep one answer for all only where it is the same for all.
        self._other: Fields = ((b"Access-Control-Allow-Origin", b"*"), *shown) if is_every else VARY
        origins = () if is_every else entry.origins
        wildcards = [origin for origin in origins if "://*." in origin]
        pattern = re.compile("|".join(map(_pattern, wildcards)).encode()) if wildcards else None
        self._is_below_a_wildcard = None if pattern is None else pattern.fullmatch
        named = (origin.encode() for origin in origins if origin not in wildcards)
        self._answers = {origin: self._allowed(origin) for origin in named}
        self._preflight = _preflight_fields(entry)

    def answer(self, origin: bytes | None) -> Fields:
        """The fields of an answer to a request of a page of this origin, None for a request without a single one."""
        if origin is None:
            return self._other
        named = self._answers.get(origin)
        if named is not None:
            return named
        is_below = self._is_below_a_wildcard
        if is_below is None or len(origin) > ORIGIN_BYTES_MAX or is_below(origin) is None:
            return self._other
        return self._allowed(origin)

    def preflight(self, origin: bytes) -> Fields:
        """The fields of the answer to a preflight; nothing is allowed to an origin that is not."""
        fields = self.answer(origin)
        return (*fields, *self._preflight) if fields is not VARY else fields

    def _allowed(self, origin: bytes) -> Fields:
        return ((b"Access-Control-Allow-Origin", origin), *self._beside)


def _pattern(wildcard: str) -> str:
    """An expression for the origins below a wildcard: each repetition ends with a dot, so that it has one reading."""
    scheme, _, suffix = wildcard.partition("*.")
    return re.escape(scheme) + _LABELS + re.escape(suffix)


def _preflight_fields(entry: Cors) -> Fields:
    return (
        *_list(b"Access-Control-Allow-Methods", entry.methods),
        *_list(b"Access-Control-Allow-Headers", entry.headers),
        (b"Access-Control-Max-Age", b"%d" % entry.max_age_s),
    )


def _list(name: bytes, values: tuple[str, ...]) -> Fields:
    return ((name, ", ".join(values).encode()),) if values else ()


@lru_cache(maxsize=1024)
def compiled_cors(entry: Cors) -> CompiledCors:
    """The one of this entry; most routes share that of their service."""
    return CompiledCors(entry)
