"""The patterns of a host, tried at once."""

from __future__ import annotations

import pytest

from postern_core.pattern_limits import ANY_PATTERN, text_bytes_max
from postern_core.snapshot import PathMatch, Route
from postern_dataplane.table import re2_pattern
from postern_dataplane.table.compiled import CompiledRoute
from postern_dataplane.table.patterns import Patterns, PatternSet, TextTooLong, below
from postern_dataplane.table.re2_pattern import compile_pattern


def row(name, *values, prefix="/"):
    paths = tuple(PathMatch(type="Regex", value=value, below=prefix) for value in values)
    entry = Route(
        id=name, namespace="n", name=name, created="", hosts=("*",), paths=paths, backend="", service=""
    )  # fmt: skip
    return CompiledRoute(entry, None, None)


def names(patterns, path):
    return [it.id for it in patterns.at(path)]


def test_patterns_have_no_catastrophe():
    """A pattern that a backtracking engine would spend years on."""
    assert compile_pattern("/(a|a)*b").fullmatch("/" + "a" * 8000) is None


@pytest.mark.parametrize("values", [("/a+",), ("/a+", "/a.*", "/b", "(/a)(b)?")])
@pytest.mark.parametrize("text", ["/a", "/aa", "/ab", "/b", "/c", "/abc", "/", ""])
def test_a_set_matches_as_each_pattern_does(values, text):
    """The whole text, however many there are."""
    expected = {value for value in values if compile_pattern(value).fullmatch(text)}
    assert expected == set(PatternSet(values).matching(text))


class Failing:
    """A set of RE2 that runs out of memory, which it reports as no match."""

    def Match(self, _):  # noqa: N802 # its name in RE2
        return None


def test_a_set_that_fails_is_not_taken_for_one_that_does_not_match():
    """Where matching a set of patterns fails, each pattern is tried alone."""
    patterns = PatternSet(("/a+", "/b+"))
    patterns._set = Failing()
    assert ["/b+"] == patterns.matching("/b")


def test_what_can_not_be_combined_is_tried_one_by_one(monkeypatch):
    """Its program would be too large."""
    monkeypatch.setattr(re2_pattern, "PATTERN_MEMORY_BYTES", 8 * 1024)
    compile_pattern.cache_clear()
    patterns = PatternSet(tuple(f"/{letter}{{60}}" for letter in "abcd"))
    assert (None, ["/b{60}"]) == (patterns._set, patterns.matching("/" + "b" * 60))
    compile_pattern.cache_clear()


def test_routes_come_in_order():
    """Each once, however many of its patterns match, and whichever stand below a prefix."""
    patterns = Patterns([row("b", "/v/a", "/v/.*"), row("a", "/a", prefix="/v"), row("c", "/x")])
    assert ["b", "a"] == names(patterns, "/v/a")
    assert ["b", "a"] == names(patterns, "/v/a")  # remembered
    assert [] == names(patterns, "/y")


def test_what_stands_for_every_pattern_is_not_tried():
    """A text of any length is taken, and nothing else is said of it."""
    patterns = Patterns([row("refused", ANY_PATTERN, prefix="/v")])
    assert (["refused"], []) == (names(patterns, "/v/" + "x" * 100_000), names(patterns, "/w"))


def test_a_text_that_is_too_long_is_not_tried():
    """What is below the prefix counts, against all patterns of the host together."""
    one, other = row("a", "/a+", prefix="/v"), row("b", "/b+", prefix="/w")
    size = sum(compile_pattern(value).programsize for value in ("/a+", "/b+"))
    patterns = Patterns([one, other])
    longest = text_bytes_max(size)
    assert longest == patterns.text_bytes_max
    assert ["a"] == names(patterns, "/v/" + "a" * (longest - 1))
    with pytest.raises(TextTooLong):
        patterns.at("/v/" + "a" * longest)
    assert [] == names(patterns, "/x/" + "a" * longest)


def test_a_set_that_is_the_same_is_taken_over():
    """An edit of one Service builds nothing for the others."""
    before = Patterns([row("a", "/a+", prefix="/v"), row("b", "/b+", prefix="/w")])
    after = Patterns([row("a", "/a+", prefix="/v"), row("b", "/c+", prefix="/w")], known=before.sets)
    assert (True, False) == tuple(before.sets[it] is after.sets[it] for it in ("/v", "/w"))


@pytest.mark.parametrize(
    ("path", "prefix", "expected"),
    [
        ("/a", "/", "/a"),
        ("/v/a", "/v", "/a"),
        ("/v", "/v", "/"),
        ("/va", "/v", None),
        ("/w", "/v", None),
        ("/V/a", "/v", None),
    ],
)
def test_what_is_below_a_prefix(path, prefix, expected):
    """By whole segments, and at least a slash."""
    assert expected == below(path, prefix)
