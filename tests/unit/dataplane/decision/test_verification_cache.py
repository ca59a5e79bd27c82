"""What is remembered of tokens, and that it has a bound."""

from __future__ import annotations

import tracemalloc

import pytest

from postern_dataplane.decision.verdict import Refused, Verified
from postern_dataplane.decision.verification_cache import (
    BAD_BYTES_MAX,
    GOOD_BYTES_MAX,
    NullCache,
    TwoGenerationCache,
    VerificationCache,
)
from postern_dataplane.request.denials import DenialReason
from postern_dataplane.request.logged_token import LoggedToken
from postern_dataplane.table.identity_headers import Identity

MALFORMED = Refused(DenialReason.MALFORMED_TOKEN)
GOOD = Verified(Identity(b"", "alice"), 0.0)


def filled(entries_max, *texts, bytes_max=10_000):
    cache = TwoGenerationCache(entries_max, bytes_max, lambda key, _value: len(key[1]))
    for text in texts:
        cache.put(("policy", text), text.upper())
    return cache


def test_what_was_put_is_remembered():
    """By policy and token, both."""
    cache = filled(4, "a")
    assert ("A", None, None) == (cache.get(("policy", "a")), cache.get(("policy", "b")), cache.get(("other", "a")))


def test_the_later_word_counts():
    """A key has one value."""
    cache = filled(4, "a")
    cache.put(("policy", "a"), "new")
    assert "new" == cache.get(("policy", "a"))


def test_the_older_word_does_not_come_back():
    """An overwritten verdict does not come back, also when the old one lies in the older half."""
    cache = filled(4, "a", "b", "c")
    cache.put(("policy", "a"), "new")
    assert "new" == cache.get(("policy", "a"))


def test_there_is_a_bound():
    """However many strangers come."""
    assert 8 >= len(filled(8, *(str(number) for number in range(1000))))


def test_there_is_a_bound_of_bytes():
    """Fewer of what is longer are remembered."""
    texts = [f"{number:0100}" for number in range(1000)]
    assert 20 == len(filled(1000, *texts, bytes_max=2_000))


def test_one_that_is_larger_than_the_bound_is_remembered():
    """Alone: what calls bounds each."""
    assert "A" * 100 == filled(8, "a" * 100, bytes_max=10).get(("policy", "a" * 100))


def test_long_tokens_that_are_refused_take_no_more_memory_than_short_ones():
    """A stranger may make each as long as any that is remembered."""
    cache = VerificationCache()
    for number in range(3_000):
        cache.bad.put(("policy", f"{number:04096}"), MALFORMED)
    assert 4 * 2**20 >= len(cache.bad) * 4096 > 2 * 2**20


@pytest.mark.parametrize(("kind", "bytes_max"), [("good", GOOD_BYTES_MAX), ("bad", BAD_BYTES_MAX)])
def test_claims_for_the_log_are_within_the_bound(kind, bytes_max):
    """An issuer may choose eight claims of 256 characters with four bytes each, in a token of a kilobyte."""

    def verdict(number):
        claims = {f"claim{it}": f"{number:06}" + chr(0x10000 + number) * 250 for it in range(8)}
        identity = Identity(b"", "alice", LoggedToken("a/b", "i", claims))
        return Verified(identity, 0.0) if kind == "good" else Refused(DenialReason.NOT_ALLOWED, identity)

    cache = getattr(VerificationCache(), kind)
    tracemalloc.start()
    for number in range(4_000):
        cache.put(("policy", f"{number:01024}"), verdict(number))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert bytes_max / 4 < held < bytes_max


def test_what_is_asked_for_stays():
    """Others come and go."""
    cache = filled(8, "mine")
    for number in range(100):
        cache.put(("policy", str(number)), "x")
        assert "MINE" == cache.get(("policy", "mine"))


def test_what_nobody_asks_for_goes():
    """After two halves of others."""
    assert filled(4, "a", "b", "c", "d", "e").get(("policy", "a")) is None


def test_refused_tokens_push_no_good_one_out():
    """They have a room of their own."""
    cache = VerificationCache()
    cache.good.put(("policy", "good"), GOOD)
    for number in range(20_000):
        cache.bad.put(("policy", str(number)), MALFORMED)
    assert GOOD is cache.good.get(("policy", "good"))


def test_a_cache_that_is_off_remembers_nothing():
    """`NullCache` takes every verdict and returns none."""
    cache = NullCache()
    for kind in (cache.good, cache.bad):
        kind.put(("policy", "token"), GOOD)
        assert kind.get(("policy", "token")) is None
