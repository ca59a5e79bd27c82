"""The scalar types."""

import re

import pytest

from postern_core.resources import types
from postern_core.resources.types import HINTS, byte_count, milliseconds


@pytest.mark.parametrize(
    ("duration", "expected"),
    [("0s", 0), ("500ms", 500), ("5s", 5_000), ("1h30m", 5_400_000), ("1m1ms", 60_001), ("99999h", 359_996_400_000)],
)
def test_durations_are_those_of_gateway_api(duration, expected):
    """Hours, minutes, seconds and milliseconds, in any mixture."""
    assert expected == milliseconds(duration)


@pytest.mark.parametrize("name", [name for name in vars(types) if name.endswith("_PATTERN")])
def test_no_pattern_takes_a_line_feed_at_the_end(name):
    """A final line feed in a header name or realm would split a response."""
    pattern = getattr(types, name)

    assert name == "BODY_PATTERN" or not re.match(pattern, "a\n")
    assert pattern in HINTS


@pytest.mark.parametrize(
    ("size", "expected"),
    [(0, 0), ("7", 7), ("1k", 1_000), ("1Ki", 1_024), ("2M", 2_000_000), ("10Mi", 10_485_760), ("1Ti", 2**40)],
)
def test_sizes_are_as_kubernetes_writes_them(size, expected):
    """A number of bytes, or one with a decimal or binary unit."""
    assert expected == byte_count(size)


@pytest.mark.parametrize(
    ("name", "is_taken"),
    [
        ("readers", True),
        ("partners/readers", True),
        ("idp:/team/a", True),
        ("platform/idp:/team/a", True),
        ("partners/a/b", False),
        ("/team/a", False),
        ("a/b/idp:x", False),
        ("idp:a,b", False),
        ("idp:a b", False),
    ],
)
def test_only_what_follows_an_issuer_s_colon_has_slashes_of_its_own(name, is_taken):
    """The first slash before a colon ends a namespace, so that a name has one reading."""
    assert is_taken == bool(re.match(types.QUALIFIED_PATTERN, name))
