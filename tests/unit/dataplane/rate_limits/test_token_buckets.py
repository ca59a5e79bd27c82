"""Which requests pass their limits, and that memory has a bound that no key can use against another."""

from __future__ import annotations

import pytest

from bucket_calls import passed, takes
from postern_dataplane.rate_limits.limit import Limit, Refusal
from postern_dataplane.rate_limits.token_buckets import TokenBuckets, bounded

TEN_A_SECOND = Limit("default/api/0", 10, 1.0, 10)
HUNDRED_A_DAY = Limit("default/api/1", 100, 86_400.0, 100)


def test_a_burst_passes_and_no_more():
    """The next request is refused."""
    assert 10 == passed(TokenBuckets(), TEN_A_SECOND, times=20)


def test_what_was_spent_comes_back_at_the_rate():
    """After half of a second, half of ten requests pass again."""
    buckets = TokenBuckets()
    passed(buckets, TEN_A_SECOND, times=10)
    assert 5 == passed(buckets, TEN_A_SECOND, times=10, now=0.5)


def test_a_bucket_holds_no_more_than_the_burst():
    """A key that was silent for long may not catch up."""
    buckets = TokenBuckets()
    passed(buckets, TEN_A_SECOND, times=10)
    assert 10 == passed(buckets, TEN_A_SECOND, times=100, now=1_000.0)


def test_keys_and_limits_are_counted_apart():
    """What one key spends at one limit changes no other bucket."""
    buckets = TokenBuckets()
    passed(buckets, TEN_A_SECOND, times=10)
    assert (10, 100) == (passed(buckets, TEN_A_SECOND, b"b", times=20), passed(buckets, HUNDRED_A_DAY, times=200))


def test_a_refusal_says_when_to_come_again():
    """At that time the request passes."""
    buckets = TokenBuckets()
    passed(buckets, TEN_A_SECOND, times=10)
    refusal = buckets.refusal([(TEN_A_SECOND, b"a")], 0.0)
    assert Refusal(TEN_A_SECOND, pytest.approx(0.1, abs=1e-5)) == refusal
    assert takes(buckets, TEN_A_SECOND, now=refusal.retry_after_s)


def test_a_worker_grants_its_share():
    """One worker of five grants two of ten requests."""
    assert 2 == passed(TokenBuckets(share=0.2), TEN_A_SECOND, times=20)


def test_a_share_below_one_request_lets_one_pass():
    """One worker of twenty grants one request every two seconds."""
    buckets = TokenBuckets(share=0.05)
    assert [1, 0, 1] == [passed(buckets, TEN_A_SECOND, times=5, now=now) for now in (0.0, 1.9, 2.0)]


def test_what_was_spent_stays_spent_when_the_share_changes():
    """Half of a small share is half of a larger one."""
    buckets = TokenBuckets(share=0.2)
    passed(buckets, TEN_A_SECOND, times=1)
    buckets.share = 1.0
    assert 5 == passed(buckets, TEN_A_SECOND, times=20)


def test_a_limit_that_is_equal_goes_on():
    """A reload makes the same limit again, and its buckets stay."""
    buckets = TokenBuckets()
    passed(buckets, TEN_A_SECOND, times=10)
    assert 0 == passed(buckets, Limit("default/api/0", 10, 1.0, 10), times=1)


def test_a_limit_that_was_changed_begins_anew():
    """Other numbers are another limit."""
    buckets = TokenBuckets()
    passed(buckets, TEN_A_SECOND, times=10)
    assert 20 == passed(buckets, Limit("default/api/0", 20, 1.0, 20), times=30)


def test_a_clock_that_was_set_back_refuses_for_no_longer_than_a_whole_bucket_takes():
    """Times in the future are no more than a debt that a key can have."""
    buckets = TokenBuckets()
    passed(buckets, TEN_A_SECOND, times=10, now=1_000_000.0)
    assert [0, 10] == [passed(buckets, TEN_A_SECOND, times=10, now=now) for now in (5.0, 1_000_001.0)]
    passed(buckets, TEN_A_SECOND, times=10, now=2_000_000.0)
    assert 1.0 >= buckets.refusal([(TEN_A_SECOND, b"a")], 5.0).retry_after_s


def test_of_several_limits_all_are_taken_or_none():
    """A request that one limit refuses costs nothing at the others."""
    buckets = TokenBuckets()
    both = [(HUNDRED_A_DAY, b"a"), (TEN_A_SECOND, b"a")]
    assert 10 == sum(buckets.refusal(both, 0.0) is None for _ in range(50))
    assert 90 == passed(buckets, HUNDRED_A_DAY, times=200)


def test_of_several_limits_the_longest_wait_is_told():
    """A client that comes back then is refused by none of them."""
    buckets = TokenBuckets()
    both = [(HUNDRED_A_DAY, b"a"), (TEN_A_SECOND, b"a")]
    passed(buckets, TEN_A_SECOND, times=20)
    passed(buckets, HUNDRED_A_DAY, times=200)
    refusal = buckets.refusal(both, 0.0)
    assert (HUNDRED_A_DAY, pytest.approx(864.0, abs=1e-2)) == (refusal.limit, refusal.retry_after_s)


def test_a_debt_beyond_the_largest_is_none():
    """A clock that is set back by a day refuses a key for as long as a whole bucket takes, and no longer."""
    buckets = TokenBuckets()
    key = [(TEN_A_SECOND, b"a")]
    assert 10 == sum(buckets.refusal(key, 86_400.0) is None for _ in range(20))
    assert 1.0 >= buckets.refusal(key, 5.0).retry_after_s
    assert 10 == sum(buckets.refusal(key, 86_401.0) is None for _ in range(20))


def test_a_long_key_is_remembered_by_its_digest():
    """Two long keys that differ at their ends are counted apart and not kept whole; a short key is kept as it is."""
    one, other = (bounded(b"k" * 8_000 + end) for end in (b"a", b"b"))
    assert (32, 32, b"k" * 64) == (len(one), len(other), bounded(b"k" * 64))
    assert one != other
