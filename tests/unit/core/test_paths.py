"""A path has one reading: what is matched is what is forwarded."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postern_core.paths import BadPath, Normalised, after_prefix, normalise

PATHS = st.text(alphabet="/.;%2eEfFcC5\\aZ~-_@ #\x00\x7fé", max_size=40).map(lambda rest: f"/{rest}")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "/"),
        ("/a/b", "/a/b"),
        ("/a/", "/a/"),
        ("//a///b//", "/a/b/"),
        ("/a/./b", "/a/b"),
        ("/a/.", "/a/"),
        ("/a/..", "/"),
        ("/a/b/..", "/a/"),
        ("/a/b/../", "/a/"),
        ("/../../a", "/a"),
        ("/%2e%2E/a", "/a"),
        ("/x/%2e/a", "/x/a"),
        ("/%61%7e%2D", "/a~-"),
        ("/%c3%a9%3f", "/%C3%A9%3F"),
        ("/%2561", "/%2561"),
        ("/a;v=1/b", "/a;v=1/b"),
        ("/...", "/..."),
        ("/..a/.b", "/..a/.b"),
        ("/[a]|{b}^", "/[a]|{b}^"),
    ],
)
def test_a_path_has_one_normal_form(path, expected):
    """Escapes of unreserved characters undone, the rest in upper case, slashes merged, dot segments resolved."""
    normal = normalise(path)
    assert (expected, False) == (normal.path, normal.has_encoded_slash)


@pytest.mark.parametrize(
    ("path", "unmerged"),
    [
        ("/a/b", None), ("/a/./b", None), ("//a///b//", "//a///b//"), ("/%61//%2a", "/a//%2A"), ("//", "//"),
        ("/a//..", ""), ("/a/./b//", ""), ("/%2e//a", ""), ("//..a/.b/...", "//..a/.b/..."),
    ],
)  # fmt: skip
def test_empty_segments_are_kept_beside_the_normal_form(path, unmerged):
    """Beside dot segments they have two readings, and none of them is kept."""
    assert unmerged == normalise(path).unmerged


@pytest.mark.parametrize(
    ("unmerged", "prefix", "rest"),
    [
        ("/v1//a", "/v1", "//a"), ("//v1/a//b", "/v1", "/a//b"), ("//v1", "/v1", ""), ("/a//b", "", "/a//b"),
        ("//a///b//c", "/a/b", "//c"),
    ],
)  # fmt: skip
def test_a_prefix_is_taken_off_with_its_empty_segments(unmerged, prefix, rest):
    """What is left begins where the prefix ends."""
    assert rest == after_prefix(unmerged, prefix)


@pytest.mark.parametrize(
    ("path", "expected"), [("/a%2fb", "/a%2Fb"), ("/a%5cb", "/a%5Cb"), ("/a\\b", "/a%5Cb"), ("/a%2F..b", "/a%2F..b")]
)
def test_an_encoded_slash_is_told(path, expected):
    """It stays encoded, and whoever forwards it must have been asked to."""
    assert Normalised(expected, has_encoded_slash=True) == normalise(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "a",
        "*",
        "/a?b",
        "/a%",
        "/a%4",
        "/a%zz",
        "/a%+1",
        "/a%\u0661\u0661",
        "/%00",
        "/%0a",
        "/%1F",
        "/%7f",
        "/a b",
        "/a\tb",
        "/a#b",
        "/é",
        "/\udce9",
        "/..;/a",
        "/.;x",
        "/%2e%2e;/a",
        "/a/..%2fb",
        "/a%2F..%2fb",
        "/a%5c..",
        "/a\\..\\b",
        "/%2f.;x",
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(path):
    """The message does not quote it."""
    with pytest.raises(BadPath) as refused:
        normalise(path)
    assert len(path) < 2 or path not in str(refused.value)


def normalised(path):
    """The normal form, None for a path that has none."""
    try:
        return normalise(path)
    except BadPath:
        return None


@given(PATHS)
def test_a_normal_form_is_its_own(path):
    """To normalise twice is to normalise once."""
    normal = normalised(path)
    assert normal is None or Normalised(normal.path, normal.has_encoded_slash) == normalise(normal.path)


@given(PATHS)
def test_what_is_kept_is_matched_as_it_would_be_merged(path):
    """A path that goes on with its empty segments has the normal form by which its route was found."""
    normal = normalised(path)
    if normal is not None and normal.unmerged:
        assert normal.path == normalise(normal.unmerged).path
        assert normal.path == re.sub("/+", "/", normal.unmerged)


@given(PATHS)
def test_a_normal_form_holds_nothing_to_resolve(path):
    """No dot segment, no empty segment, no escape that need not be one."""
    normal = normalised(path)
    if normal is not None:
        segments = normal.path.removesuffix("/").split("/")[1:]
        assert not {"", ".", ".."} & set(segments)
        assert re.fullmatch(r"/(?:[!-$&-~]|%[0-9A-F]{2})*", normal.path)


@given(PATHS)
def test_an_encoded_slash_is_never_missed(path):
    """The flag says exactly what the form holds."""
    normal = normalised(path)
    if normal is not None:
        assert normal.has_encoded_slash == bool(re.search("%2F|%5C", normal.path))
        assert "\\" not in normal.path
