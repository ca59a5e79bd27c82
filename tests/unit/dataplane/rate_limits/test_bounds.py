"""However many keys and limits come, memory has a bound; no key is freed by it, and no other limit pays."""

from __future__ import annotations

import tracemalloc

from bucket_calls import passed, takes
from postern_dataplane.rate_limits.limit import Limit
from postern_dataplane.rate_limits.limit_state import LimitState
from postern_dataplane.rate_limits.token_buckets import TokenBuckets

ATTACKED = Limit("evil/api/0", 10, 86_400.0, 10)
HONEST = Limit("good/api/0", 10, 86_400.0, 10)


def flood(buckets, limit, keys, now=0.0):
    for number in range(keys):
        takes(buckets, limit, b"%d" % number, now)


def spend(buckets, limit, key, now=0.0):
    return passed(buckets, limit, key, times=limit.burst * 2, now=now)


def test_memory_stays_flat_however_many_keys_come():
    """Thirty times as many as may be remembered take the memory of those, and of their cells."""
    buckets = TokenBuckets(entries_max=1_000)
    tracemalloc.start()
    try:
        flood(buckets, ATTACKED, 30_000)
        grown_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 990 < len(buckets) <= 1_000
    assert 500_000 > grown_bytes


def test_buckets_that_are_full_are_forgotten():
    """A key that came once and went leaves nothing."""
    buckets = TokenBuckets()
    flood(buckets, HONEST, 100)
    assert 100 == len(buckets)
    for now in (10_000.0, 20_000.0):
        takes(buckets, HONEST, now=now)
    assert 1 == len(buckets)


def test_a_key_that_was_spent_stays_spent_whatever_other_keys_come():
    """An attacker with many keys frees none of them."""
    buckets = TokenBuckets(entries_max=100)
    assert 10 == spend(buckets, ATTACKED, b"spent")
    flood(buckets, ATTACKED, 10_000)
    assert 0 == spend(buckets, ATTACKED, b"spent")


def test_another_limit_does_not_pay():
    """Keys of the limit with the most entries are evicted, and those of others not one."""
    buckets = TokenBuckets(entries_max=100)
    for number in range(20):
        takes(buckets, HONEST, b"%d" % number)
    flood(buckets, ATTACKED, 10_000)
    assert [9] * 10 == [spend(buckets, HONEST, b"%d" % number) for number in range(10)]
    assert [10] * 10 == [spend(buckets, HONEST, b"new %d" % number) for number in range(10)]


def test_other_keys_of_a_flooded_limit_keep_most_of_their_requests():
    """Keys that the attacker used once have cost a key that shares their cells one request and no more."""
    buckets = TokenBuckets(entries_max=1_000)
    flood(buckets, ATTACKED, 2_000)
    assert {9, 10} >= {spend(buckets, ATTACKED, b"new %d" % number) for number in range(20)}


def test_most_keys_share_no_debt_of_keys_that_were_spent():
    """With twice as many spent keys as are remembered, most others have all of their requests."""
    buckets = TokenBuckets(entries_max=1_000)
    for number in range(2_000):
        spend(buckets, ATTACKED, b"%d" % number)
    whole = sum(spend(buckets, ATTACKED, b"new %d" % number) == 10 for number in range(900))
    assert 900 * 0.7 < whole


def test_a_limit_that_had_few_keys_when_the_flood_began_shares_little_debt():
    """Where hundreds of limits share the memory, three thousand spent keys of one leave most others their requests."""
    buckets = TokenBuckets(entries_max=10_000)
    for number in range(100):
        flood(buckets, Limit(f"good/api/{number}", 10, 86_400.0, 10), 100)
    for number in range(3_000):
        spend(buckets, ATTACKED, b"spent %d" % number)
    assert 750 < sum(takes(buckets, ATTACKED, b"new %d" % number) for number in range(1_000))


def test_cells_are_forgotten_when_all_are_full():
    """A limit that was flooded once is exact again."""
    state = LimitState(HONEST, 1.0)
    for number in range(10):
        state.put(b"%d" % number, 5.0)
    while len(state):
        state.evict()
    assert (0, True, 5.0) == (len(state), bool(state), state.debt_s(b"1", 0.0))
    state.drop_full(6.0)
    assert not state


def test_limits_that_are_gone_are_forgotten():
    """A tenant who changes a limit again and again leaves nothing."""
    buckets = TokenBuckets()
    for number in range(10_000):
        takes(buckets, Limit("default/api/0", number + 1, 1.0, 1), now=number * 10.0)
    assert 1_024 >= len(buckets._states)


def test_many_limits_have_one_bound():
    """Two thousand limits remember no more than one."""
    buckets = TokenBuckets(entries_max=1_000)
    for number in range(2_000):
        takes(buckets, Limit(f"default/api/{number}", 10, 86_400.0, 10))
    assert 990 < len(buckets) <= 1_000


def test_forgetting_empty_limits_forgets_none_that_is_being_taken_from():
    """All limits of a request are counted where room is made for the first of them."""
    buckets = TokenBuckets(entries_max=1)
    both = [(ATTACKED, b"a"), (HONEST, b"a")]
    assert [True] * 10 + [False] == [buckets.refusal(both, 0.0) is None for _ in range(11)]
