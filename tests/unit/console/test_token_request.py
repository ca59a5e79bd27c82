"""The form that makes a token: what was typed, and what is wrong with it."""

from __future__ import annotations

from datetime import datetime

import pytest

from postern_cli.token_signing import Times
from postern_console.token_request import PayloadRow, TokenRequest, claims_of_rows, times_of, token_request_of

NOW_S = 1_900_000_000.5


def test_an_empty_form_has_the_defaults():
    """A day, the usual claim and rows to fill in."""
    assert TokenRequest() == token_request_of({})


def test_a_form_is_read_row_by_row():
    """A name, a type and a value belong together by their order."""
    form = {
        "claim_name": ["a", " b "],
        "claim_type": ["text", "json"],
        "claim_value": [" 1 ", "{}"],
        "lifetime": ["1h"],
    }
    asked = token_request_of(form)
    assert ("1h", (PayloadRow("a", "text", " 1 "), PayloadRow("b", "json", "{}"))) == (asked.lifetime, asked.rows)


@pytest.mark.parametrize(("lifetime", "seconds"), [("1h", 3600), ("1d", 86_400), ("30d", 2_592_000)])
def test_a_preset_counts_from_now(lifetime, seconds):
    """In whole seconds, rounded down."""
    assert Times(1_900_000_000, 1_900_000_000 + seconds) == times_of(TokenRequest(lifetime), NOW_S)


def test_a_date_is_of_the_machine_s_zone():
    """The browser runs on the same machine."""
    expected = int(datetime(2040, 1, 2, 3, 4).timestamp())  # noqa: DTZ001 # the machine's zone is what is tested
    assert Times(1_900_000_000, expected) == times_of(TokenRequest("date", "2040-01-02T03:04"), NOW_S)


@pytest.mark.parametrize(
    ("expires", "told"), [("", "choose a date"), ("x", "choose a date"), ("2001-01-01T00:00", "is in the past")]
)
def test_a_date_that_is_none_or_past_is_a_mistake(expires, told):
    """The token would never be good."""
    assert told in times_of(TokenRequest("date", expires), NOW_S)


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("text", "18", "18"),
        ("text", "", ""),
        ("number", " 18 ", 18),
        ("number", "1.5", 1.5),
        ("boolean", "true", True),
        ("json", '{"a": [1]}', {"a": [1]}),
        ("json", "null", None),
    ],
)
def test_a_claim_has_the_type_that_was_chosen(type_, value, expected):
    """A text that looks like a number stays a text."""
    assert ({"a": expected}, {}) == claims_of_rows(TokenRequest(rows=(PayloadRow("a", type_, value),)))


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (PayloadRow("", "text", "x"), "give it a name"),
        (PayloadRow("exp", "number", "1"), "exp is set already"),
        (PayloadRow("key", "text", "x"), "key is set already"),
        (PayloadRow("a", "number", "x"), "is no number"),
        (PayloadRow("a", "number", "true"), "is no number"),
        (PayloadRow("a", "boolean", "1"), "is neither true nor false"),
        (PayloadRow("a", "json", "{"), "is no JSON"),
        (PayloadRow("a", "json", '{"a": 1, "a": 2}'), "has a member twice"),
        (PayloadRow("a", "number", "NaN"), "is no number of JSON"),
        (PayloadRow("a", "json", "[" * 100_000), "larger or deeper"),
        (PayloadRow("b", "text", "x"), "b is given twice"),
    ],
)
def test_a_mistake_is_at_its_row(row, told):
    """The other rows are read."""
    claims, mistakes = claims_of_rows(TokenRequest(rows=(PayloadRow("b", "text", "x"), PayloadRow(), row)))
    assert (["claim-2"], {"b": "x"}) == (list(mistakes), claims)
    assert told in mistakes["claim-2"]
