"""The value of a limit."""

from __future__ import annotations

from postern_dataplane.rate_limits.limit import Limit


def test_a_limit_that_is_read_again_is_the_same_key():
    """Buckets are found by the limit's value, so they outlive a reload."""
    assert {Limit("a/0", 10, 1.0, 10): 1}[Limit("a/0", 10, 1.0, 10)]
