"""Values as they may be shown."""

from __future__ import annotations

import pytest

from postern_cli.explanation.wording import listed, moment, shown, span


@pytest.mark.parametrize(
    ("value", "text"),
    [("a", '"a"'), (None, "null"), ({"a": [1]}, '{"a": [1]}'), ("\x1b[2J\u202e", '"\\u001b[2J\\u202e"')],
)
def test_a_value_is_shown_as_json(value, text):
    """What a terminal would obey is escaped."""
    assert text == shown(value)


def test_a_long_value_is_cut():
    """A line stays a line."""
    assert '"' + "a" * 79 + "..." == shown("a" * 1_000)


def test_a_long_list_is_counted():
    """The first ones stand for it."""
    assert "1, 2 and 2 more" == listed(range(1, 5), limit=2)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "1970-01-01T00:00:00Z"), (1e300, "1e+300"), (True, "true"), ("soon", '"soon"'), (None, "null")],
)
def test_a_date_is_shown_as_people_read_it(value, text):
    """What is no date is shown as it is."""
    assert text == moment(value)


def test_a_span_is_in_seconds():
    """Half seconds are not lost."""
    assert "1.5s" == span(1_500)
