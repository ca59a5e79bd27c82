"""Rates of the last minutes, of counters that only the last look is kept of."""

from __future__ import annotations

from postern_console.live.counts import Counts
from postern_console.live.history import MOMENTS_MAX, SPAN_S, History


def rates(history):
    return [(it.at_s, dict(it.rates.requests)) for it in history.moments]


def test_a_rate_is_what_came_between_two_looks():
    """The first look says nothing yet."""
    history = History()
    for at_s, count in ((0, 10), (2, 20), (4, 20)):
        history.add(at_s, {"a": Counts({"2xx": count}, {})})
    assert [(2, {"2xx": 5}), (4, {"2xx": 0})] == rates(history)


def test_a_pod_that_is_new_or_has_started_anew_makes_no_peak():
    """Its counts from before are not those of the last seconds."""
    history = History()
    history.add(0, {"a": Counts({"2xx": 100})})
    history.add(1, {"a": Counts({"2xx": 3}), "b": Counts({"2xx": 500})})
    assert [(1, {"2xx": 0})] == rates(history)


def test_what_is_old_or_too_much_is_forgotten():
    """A page that is open for days costs no more memory than one of five minutes."""
    history = History()
    for second in range(MOMENTS_MAX * 2):
        history.add(second / 10, {"a": Counts({"2xx": second})})
    assert MOMENTS_MAX == len(history.moments)
    history.add(SPAN_S + 100, {})
    assert 1 == len(history.moments)
    history.add(SPAN_S + 100, {})
    assert 1 == len(history.moments)
