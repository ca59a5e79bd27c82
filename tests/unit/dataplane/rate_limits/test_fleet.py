"""How a worker grants while the fleet counts together, and when it leaves."""

from __future__ import annotations

import pytest

import bucket_calls
from postern_dataplane.rate_limits.limit import Limit
from postern_dataplane.rate_limits.token_buckets import TokenBuckets
from postern_dataplane.rate_limits.unsent_counts import UnsentCounts

TEN_A_SECOND = Limit("default/api/0", 10, 1.0, 10)


def joined(keys_max=10):
    """Buckets of one worker of five."""
    buckets, unsent = TokenBuckets(share=0.2), UnsentCounts(keys_max)
    buckets.join_fleet(unsent)
    return buckets, unsent


def passed(buckets, times=20, key=b"a", now=0.0):
    return bucket_calls.passed(buckets, TEN_A_SECOND, key, times=times, now=now)


def test_with_the_fleet_a_worker_grants_all_of_a_limit():
    """What passed is noted, and what was refused is not."""
    buckets, unsent = joined()
    assert (10, 10) == (passed(buckets), unsent.of(TEN_A_SECOND, b"a"))


def test_what_others_granted_is_refused_here():
    """The fleet's debt is taken over where it is larger."""
    buckets, unsent = joined()
    assert 1 == passed(buckets, times=1)
    unsent.take(1)
    buckets.learn(TEN_A_SECOND, b"a", 0.8, 0.0)
    assert 2 == passed(buckets)


def test_requests_since_the_batch_are_counted_beside_the_answer():
    """An answer knows nothing of what passed after its question."""
    buckets, unsent = joined()
    passed(buckets, times=1)
    unsent.take(1)
    passed(buckets, times=3)
    buckets.learn(TEN_A_SECOND, b"a", 0.5, 0.0)
    assert 2 == passed(buckets)


@pytest.mark.parametrize("told_s", [0.0, 0.3])
def test_an_answer_frees_nothing(told_s):
    """A store that has lost its memory, or lies, doesn't refill what this worker has spent."""
    buckets, unsent = joined()
    passed(buckets)
    unsent.take(1)
    buckets.learn(TEN_A_SECOND, b"a", told_s, 0.0)
    assert 0 == passed(buckets)


def test_a_debt_without_end_is_bounded():
    """A store that lies refuses for no longer than if each of five workers had granted the burst at once."""
    buckets, _ = joined()
    passed(buckets, times=1)
    buckets.learn(TEN_A_SECOND, b"a", 1e30, 0.0)
    assert 5.1 >= buckets.refusal([(TEN_A_SECOND, b"a")], 0.0).retry_after_s


def test_without_the_fleet_a_worker_grants_its_share():
    """What was spent stays spent, and comes back at the share's rate."""
    buckets, _ = joined()
    passed(buckets)
    buckets.leave_fleet()
    assert [0, 0, 1] == [passed(buckets, now=now) for now in (0.0, 0.4, 0.5)]


def test_a_key_for_which_there_is_no_room_costs_as_much_as_alone():
    """The fleet won't hear of it, so this worker's share is all that it gets."""
    buckets, _ = joined(keys_max=1)
    passed(buckets, key=b"other", times=1)
    assert 2 == passed(buckets)


def test_a_limit_that_is_gone_is_not_learnt():
    """An answer that comes after a reload changes nothing."""
    buckets, _ = joined()
    buckets.learn(TEN_A_SECOND, b"a", 1.0, 0.0)
    assert (10, False) == (passed(buckets), False)


def test_an_answer_after_the_worker_left_is_not_learnt():
    """The worker counts alone."""
    buckets, _ = joined()
    passed(buckets, times=1)
    buckets.leave_fleet()
    buckets.learn(TEN_A_SECOND, b"a", 1.0, 0.0)
    assert 1 == passed(buckets)
