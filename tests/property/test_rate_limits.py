"""Whatever comes and when, no key gets more than its limit, and without need of memory none gets less."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from bucket_calls import takes
from postern_dataplane.rate_limits.limit import Limit
from postern_dataplane.rate_limits.token_buckets import TokenBuckets

LIMITS = st.builds(
    Limit, st.sampled_from(["a", "b"]), st.integers(1, 20), st.sampled_from([1.0, 60.0]), st.integers(1, 20)
)
# Seconds since the last request, key, limit.
REQUESTS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.0, 0.0, 0.01, 0.3, 2.0, 90.0]), st.integers(0, 9), st.integers(0, 1)), max_size=80
)
SHARES = st.sampled_from([1.0, 0.5, 0.1])


class NaiveBuckets:
    """A float of tokens for each key, which nothing ever forgets."""

    def __init__(self, share):
        self.share = share
        self.tokens = {}

    def has_token(self, limit, key, now, slack):
        """Whether a request passes, and takes its token; `slack` is how much of a token may be missing."""
        burst = max(1.0, limit.burst * self.share)
        tokens, at = self.tokens.get((limit, key), (burst, now))
        tokens = min(burst, tokens + (now - at) * limit.requests / limit.per_s * self.share)
        is_allowed = tokens >= 1 - slack
        self.tokens[limit, key] = (tokens - is_allowed, now)
        return is_allowed


def play(buckets, limits, requests):
    """Yield each request with its time and whether it passed."""
    now = 0.0
    for pause_s, number, index in requests:
        now += pause_s
        limit, key = limits[index], b"%d" % number
        yield limit, key, now, takes(buckets, limit, key, now)


@given(st.tuples(LIMITS, LIMITS), REQUESTS, SHARES)
def test_verdicts_are_those_of_buckets_that_forget_nothing(limits, requests, share):
    """Dropping what is full changes no verdict."""
    naive = NaiveBuckets(share)
    for limit, key, now, is_allowed in play(TokenBuckets(share), limits, requests):
        assert is_allowed == naive.has_token(limit, key, now, slack=1e-4)


@given(st.tuples(LIMITS, LIMITS), REQUESTS, SHARES, st.integers(1, 8))
def test_no_window_has_more_than_the_burst_and_what_was_earned_in_it(limits, requests, share, entries_max):
    """However little may be remembered."""
    passed = defaultdict(list)
    buckets = TokenBuckets(share, entries_max)
    for limit, key, now, is_allowed in play(buckets, limits, requests):
        assert len(buckets) <= entries_max
        if is_allowed:
            passed[limit, key].append(now)
    for (limit, _), times in passed.items():
        burst = max(1.0, limit.burst * share)
        for first, begin in enumerate(times):
            for last in range(first, len(times)):
                earned = (times[last] - begin) * limit.requests / limit.per_s * share
                assert last - first + 1 <= burst + earned + 1e-3


@given(st.tuples(LIMITS, LIMITS), REQUESTS)
def test_several_limits_are_taken_from_together(limits, requests):
    """A request passes when all of its limits let it pass alone, and only then takes from any."""
    buckets, apart = TokenBuckets(), TokenBuckets()
    now = 0.0
    for pause_s, number, index in requests:
        now += pause_s
        keyed = [(limit, b"%d" % number) for limit in {limits[0], limits[index]}]
        is_allowed = buckets.refusal(keyed, now) is None
        trial = [buckets_of(apart, keyed, now, index) for index in range(len(keyed))]
        assert is_allowed == all(trial)
        if is_allowed:
            for limit, key in keyed:
                takes(apart, limit, key, now)


def buckets_of(buckets, keyed, now, index):
    """Whether one limit would let a request pass; nothing is taken."""
    limit, key = keyed[index]
    state = buckets._state(limit, now)
    return state.debt_s(key, now) + state.cost_s <= state.tolerance_s
