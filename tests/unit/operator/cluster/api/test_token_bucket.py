"""A bucket of permits."""

from postern_operator.cluster.api.token_bucket import TokenBucket


def test_so_many_at_once_and_no_more():
    """The burst."""
    pace = TokenBucket(per_s=10, at_once=2)

    assert [True, True, False] == [pace.take(100.0) for _ in range(3)]


def test_permits_come_back_evenly():
    """Permits are refilled evenly, at the given rate."""
    pace = TokenBucket(per_s=10, at_once=1)
    pace.take(100.0)

    assert 0.1 == pace.next_in(100.0)
    assert [False, True] == [pace.take(100.05), pace.take(100.11)]


def test_permits_do_not_gather_beyond_the_burst():
    """A quiet day is no licence for a storm."""
    pace = TokenBucket(per_s=10, at_once=2)

    assert 2 == sum(pace.take(86_400.0) for _ in range(10))


def test_a_clock_that_goes_back_takes_nothing_away():
    """A clock that goes back neither removes permits nor adds any."""
    pace = TokenBucket(per_s=10, at_once=1)
    pace.take(100.0)

    assert not pace.take(50.0)
    assert pace.take(100.2)
