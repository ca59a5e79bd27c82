"""The patterns of one host, as one machine: a path is read once, however many patterns it is tried on.

Rules of this file:
1. The result is that of trying each pattern in order of precedence.
2. A text that is too long to be tried is refused, never taken for one that does not match: another route, with less
   protection, might take it then.
3. RE2 can fail to run a set for want of memory, and reports that as no match. Each set holds a pattern that matches
   every text; where that one is missing from an answer, the patterns are tried one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import re2

from postern_core.pattern_limits import ANY_PATTERN, text_bytes_max

from .compiled import CompiledRoute
from .re2_pattern import compile_pattern, re2_options


class TextTooLong(Exception):
    """A text is longer than the patterns of its host may be tried on; `part` says which text of the request."""

    def __init__(self, part: Literal["path", "query", "header"]) -> None:
        super().__init__(part)
        self.part = part


class PatternSet:
    """Distinct patterns that stand below one prefix."""

    __slots__ = ("_alone", "_set", "size", "values")

    def __init__(self, values: tuple[str, ...]) -> None:
        self.values = values
        self.size = sum(compile_pattern(value).programsize for value in values)
        self._alone = compile_pattern(values[0]) if len(values) == 1 else None
        self._set = None if self._alone is not None else _combined(values)

    def matching(self, text: str) -> list[str]:
        """The patterns that match the whole text, in no order."""
        if self._alone is not None:
            return list(self.values) if self._alone.fullmatch(text) is not None else []
        found = None if self._set is None else self._set.Match(text)
        every = len(self.values)
        if found is None or every not in found:
            return [value for value in self.values if compile_pattern(value).fullmatch(text) is not None]
        return [self.values[index] for index in found if index != every]


def _combined(values: tuple[str, ...]) -> Any:
    """All of them and, last, one that matches every text; None where RE2 can't combine them."""
    combined = re2.Set.FullMatchSet(re2_options())
    for value in (*values, ANY_PATTERN):
        combined.Add(value)
    try:
        combined.Compile()
    except re2.error:
        return None
    return combined


NO_SETS: Mapping[str, PatternSet] = {}


class Patterns:
    """The routes of one host that have patterns, in order of precedence; it is never changed.

    `text_bytes_max` is the longest text that is tried, on patterns of paths, headers and query parameters alike.
    """

    __slots__ = ("_by_prefix", "_last", "criteria_size", "rows", "sets", "text_bytes_max")

    def __init__(
        self, rows: Iterable[CompiledRoute] = (), criteria_size: int = 0, known: Mapping[str, PatternSet] = NO_SETS
    ) -> None:
        """`criteria_size` is that of the patterns of headers and query parameters; `known` sets are used again."""
        self.rows = tuple(rows)
        self.criteria_size = criteria_size
        self._by_prefix: dict[str, dict[str, list[int]]] = {}
        for rank, row in enumerate(self.rows):
            for path in row.entry.paths:
                if path.type == "Regex":
                    self._by_prefix.setdefault(path.below, {}).setdefault(path.value, []).append(rank)
        self.sets: dict[str, PatternSet] = {}
        for prefix, ranks in self._by_prefix.items():
            values = tuple(sorted(value for value in ranks if value != ANY_PATTERN))
            if values:
                same = known.get(prefix)
                self.sets[prefix] = same if same and same.values == values else PatternSet(values)
        self.text_bytes_max = text_bytes_max(criteria_size + sum(it.size for it in self.sets.values()))
        # A head that comes again is looked up twice: see `proxy.known_heads`.
        self._last: tuple[str, tuple[CompiledRoute, ...]] = ("", ())

    def __bool__(self) -> bool:
        return bool(self.rows)

    def at(self, path: str) -> tuple[CompiledRoute, ...]:
        """The routes with a pattern that takes the path, in order; raises `TextTooLong`."""
        known, found = self._last
        if known != path:
            found = tuple(self.rows[rank] for rank in sorted(set(self._ranks(path))))
            self._last = (path, found)
        return found

    def _ranks(self, path: str) -> Iterator[int]:
        for prefix, ranks in self._by_prefix.items():
            rest = below(path, prefix)
            if rest is None:
                continue
            yield from ranks.get(ANY_PATTERN, ())
            patterns = self.sets.get(prefix)
            if patterns is None:
                continue
            if len(rest) > self.text_bytes_max:
                raise TextTooLong("path")
            for value in patterns.matching(rest):
                yield from ranks[value]


def below(path: str, prefix: str) -> str | None:
    """What follows a prefix, at least `/`; None for a path that is not below it."""
    if prefix == "/":
        return path
    if not path.startswith(prefix):
        return None
    rest = path[len(prefix) :]
    if not rest:
        return "/"
    return rest if rest[0] == "/" else None
