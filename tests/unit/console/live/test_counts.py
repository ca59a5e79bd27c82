"""The counts of a pod, read of its metrics."""

from __future__ import annotations

import pytest

from postern_console.live.counts import NAMES_MAX, NO_COUNTS, Counts, added, counts_of

METRICS = b"""# HELP postern_requests_total Requests answered.
# TYPE postern_requests_total counter
postern_requests_total{route="demo/json",status="200"} 3.0
postern_requests_total{route="demo/\\"x\\"",status="201"} 2.0
postern_requests_total{route="",status="404"} 1.0
postern_denials_total{reason="no_route"} 1.0
postern_request_duration_seconds_count 6.0
"""


def test_requests_are_added_up_by_class_of_status_and_denials_by_reason():
    """Routes don't matter there, and other metrics aren't read."""
    assert Counts({"2xx": 5, "4xx": 1}, {"no_route": 1}) == counts_of(METRICS)


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"\xff\xfe", b"postern_requests_total{", b'postern_denials_total{reason="x"} y']
)
def test_what_is_no_metric_counts_nothing(content):
    """A page shows nothing then."""
    assert NO_COUNTS == counts_of(content)


def test_pods_are_added_up():
    """Each counts what the others don't."""
    assert Counts({"2xx": 3}, {"a": 1, "b": 2}) == added([Counts({"2xx": 1}, {"a": 1}), Counts({"2xx": 2}, {"b": 2})])


def test_the_names_of_what_is_counted_are_bounded():
    """A pod that makes up reasons, or counts what is no number, does not fill the memory of a page that is open."""
    lines = [f'postern_denials_total{{reason="{number}{"x" * 1000}"}} 1.0\n' for number in range(NAMES_MAX * 2)]
    lines += [f'postern_requests_total{{status="{chr(300 + number)}"}} 1.0\n' for number in range(NAMES_MAX * 2)]
    counts = counts_of("".join(lines).encode())
    every = added([counts, Counts({"2xx": 1}, {"other": 1})])
    assert [NAMES_MAX] * 4 == [len(it) for one in (counts, every) for it in (one.requests, one.denials)]
    assert max(map(len, every.denials)) < 100
    assert Counts({"2xx": 1}) == counts_of(b'postern_requests_total{status="200"} 1.0\npostern_denials_total NaN\n')
