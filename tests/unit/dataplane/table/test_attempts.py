"""The attempts of a route, prepared when the table is built."""

from __future__ import annotations

from postern_core.snapshot_attempts import Retry, Timeouts
from postern_dataplane.table.attempts import compiled_attempts


def test_a_route_that_says_nothing_has_no_attempts():
    """An exchange of such a route asks once whether there are any."""
    assert compiled_attempts(None, None) is None


def test_times_are_in_seconds_and_shared():
    """Routes that say the same have one object."""
    known = compiled_attempts(Retry((502, 503), 2), Timeouts(1_500, None))
    assert (frozenset({502, 503}), 2, 1.5, None) == known
    assert known is compiled_attempts(Retry((502, 503), 2), Timeouts(1_500, None))
    assert (frozenset(), 0, None, 0.25) == compiled_attempts(None, Timeouts(None, 250))
