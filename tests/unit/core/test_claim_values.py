"""The text by which a claim's value is compared."""

from __future__ import annotations

import pytest

from postern_core.claim_values import media_type, scalar_text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("u-1", "u-1"),
        ("", ""),
        (True, "true"),
        (False, "false"),
        (18, "18"),
        (18.0, "18"),
        (-0.0, "0"),
        (-1.5, "-1.5"),
        (9007199254740993, "9007199254740993"),
        pytest.param(10**299, "1" + "0" * 299, id="large"),
        pytest.param(10**301, None, id="larger"),
        pytest.param(10**4000, None, id="beyond floats"),
        (1e300, None),
        (float("inf"), None),
        (float("nan"), None),
        (None, None),
        (["a"], None),
        ({"a": 1}, None),
    ],
)
def test_a_scalar_has_one_text(value, expected):
    """Booleans and numbers compare by value."""
    assert expected == scalar_text(value)


@pytest.mark.parametrize("text", ["at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+jwt"])
def test_a_type_is_compared_as_a_media_type(text):
    """Its prefix may be left out, and it has no case."""
    assert "at+jwt" == media_type(text)
