"""Paths of an Ingress with their rewrites as paths of a Route."""

from __future__ import annotations

import pytest

from postern_cli.ingress_nginx.paths import read_path
from postern_cli.ingress_nginx.reading import UnsayableError

PREFIX, FULL = "ReplacePrefixMatch", "ReplaceFullPath"


@pytest.mark.parametrize(
    ("path", "target", "expected"),
    [
        ("/a(/|$)(.*)", "/$2", ("Prefix", "/a", PREFIX, "/")),
        ("/a/b(/|$)(.*)", "/v2/$2", ("Prefix", "/a/b", PREFIX, "/v2/")),
        ("/a(?:/|$)(.*)", "/$1", ("Prefix", "/a", PREFIX, "/")),
        ("/a/?(.*)", "/$1", ("Prefix", "/a", PREFIX, "/")),
        ("/a(/.*)?", "$1", ("Prefix", "/a", PREFIX, "/")),
        ("/a(.*)", "/b$1", ("Prefix", "/a", PREFIX, "/b")),
        ("/a(/|$)(.*)", "/a/$2", ("Prefix", "/a", "", "")),
        ("/(.*)", "/$1", ("Prefix", "/", "", "")),
        ("/(.*)", "/b/$1", ("Prefix", "/", PREFIX, "/b/")),
        ("/a/.*", "", ("Prefix", "/a", "", "")),
        ("/a(/|$)(.*)", "/fixed", ("Prefix", "/a", FULL, "/fixed")),
        ("/a/", "", ("Prefix", "/a", "", "")),
    ],
)
def test_a_pattern_that_stands_for_a_prefix_is_one(path, target, expected):
    """What follows the prefix goes behind what comes in its place."""
    assert expected == read_path(path, "ImplementationSpecific", target, is_pattern=True)


def test_an_exact_path_is_a_prefix_where_paths_are_patterns():
    """nginx does not anchor a pattern at its end, whatever the type of the path is."""
    types = [read_path("/a", "Exact", "", is_pattern=is_pattern).type for is_pattern in (False, True)]
    assert ["Exact", "Prefix"] == types


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/a/[0-9]+", ""),
        ("/a|/b", ""),
        ("/a(/|$)(.*)", "/$1"),
        ("/a(/|$)(.*)", "/x$2"),
        ("/a(/.*)?", "/x/$1"),
        ("/a", "/$1"),
        ("/a(/|$)(.*)", "https://b.example.com/$2"),
    ],
)
def test_any_other_pattern_raises(path, target):
    """A pattern or a target that stands for no prefix is not guessed."""
    with pytest.raises(UnsayableError, match=r"path|rewrite-target"):
        read_path(path, "ImplementationSpecific", target, is_pattern=True)


def test_a_pattern_is_none_without_use_regex():
    """Its characters would be compared as they stand."""
    with pytest.raises(UnsayableError):
        read_path("/a(/|$)(.*)", "Prefix", "", is_pattern=False)
