"""Claims and times as they are written on the command line."""

from __future__ import annotations

import click
import pytest

from postern_cli.claim_values import claims_from, moment_of, seconds_of

NOW_S = 1_800_000_000.5  # 2027-01-15T08:00:00.5Z


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("oiloil", "oiloil"),
        ("18", 18),
        ("1.5", 1.5),
        ("true", True),
        ("null", None),
        ('"18"', "18"),
        ('["a", "b"]', ["a", "b"]),
        ('{"a": 1}', {"a": 1}),
        ("", ""),
        ("a=b", "a=b"),
        ("{broken", "{broken"),
    ],
)
def test_a_value_is_json_where_it_parses(text, value):
    """All else is text."""
    assert {"it": value} == claims_from([f"it={text}"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("NaN", "NaN is no number of JSON"),
        ("[-Infinity]", "-Infinity is no number of JSON"),
        ("1e999", "beyond what JSON programs read"),
        ('{"a": 1, "a": 2}', "a member twice"),
        ("[" * 100_000, "larger or deeper"),
        ("9" * 5_000, "larger or deeper"),
    ],
)
def test_what_looks_like_json_and_is_none_is_refused(text, told):
    """Such a value as a text would be a surprise."""
    with pytest.raises(click.UsageError, match=told):
        claims_from([f"it={text}"])


@pytest.mark.parametrize("texts", [["user"], ["=a"], ["a=1", "a=2"]])
def test_a_claim_has_a_name_and_comes_once(texts):
    """Anything else is a mistake of usage."""
    with pytest.raises(click.UsageError, match="--claim"):
        claims_from(texts)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2027-06-30", 1_814_313_600),
        ("2027-06-30T00:00:00Z", 1_814_313_600),
        ("2027-06-30t02:00:00.25+02:00", 1_814_313_600),
    ],
)
def test_an_end_is_a_date_or_a_time(text, seconds):
    """A date is its first moment in UTC."""
    assert seconds == moment_of(text, NOW_S)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tomorrow", "neither a date"),
        ("20270630", "neither a date"),
        ("2027-06-30T00:00:00", "neither a date"),
        ("2027-02-30", "is no date"),
        ("2027-01-15T08:00:00Z", "in the past"),
    ],
)
def test_an_end_without_one_reading_is_refused(text, told):
    """An expiry that is ambiguous, or has passed, is refused."""
    with pytest.raises(click.UsageError, match=told):
        moment_of(text, NOW_S)


@pytest.mark.parametrize(("text", "seconds"), [("24h", 86_400), ("1h30m", 5_400), ("1500ms", 1)])
def test_a_life_is_a_duration(text, seconds):
    """It is written as in manifests, and counts whole seconds."""
    assert seconds == seconds_of(text)


@pytest.mark.parametrize("text", ["0s", "999ms", "1d", "24", "-1h", ""])
def test_a_life_that_is_none_is_refused(text):
    """There are no days, and no lives below a second."""
    with pytest.raises(click.UsageError, match="--ttl"):
        seconds_of(text)
