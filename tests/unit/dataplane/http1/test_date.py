"""The date of an answer."""

from __future__ import annotations

import pytest

from postern_dataplane.http1 import date


@pytest.mark.parametrize(
    ("now", "expected"),
    [(784_111_777.0, b"Sun, 06 Nov 1994 08:49:37 GMT"), (784_111_777.9, b"Sun, 06 Nov 1994 08:49:37 GMT")],
)
def test_a_date_is_an_imf_fixdate(monkeypatch, now, expected):
    """RFC 9110, section 5.6.7, has this example."""
    monkeypatch.setattr(date.time, "time", lambda: now)
    assert expected == date.http_date()


def test_a_date_is_made_once_a_second(monkeypatch):
    """The Date field is made once a second."""
    clock = iter([10.0, 10.9, 11.0])
    monkeypatch.setattr(date.time, "time", lambda: next(clock))
    first, same, other = (date.http_date() for _ in range(3))
    assert (True, False) == (first is same, same == other)
