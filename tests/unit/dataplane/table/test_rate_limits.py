"""The limits of a route as it counts them."""

from __future__ import annotations

import pytest

from postern_core.snapshot_rate_limits import RateLimit
from postern_dataplane.table.rate_limits import (
    ABSENT,
    CompiledRateLimits,
    CountedClaims,
    compiled_rate_limits,
    limit_of,
)


def limit(by="Client", number=0, requests=100, per_ms=60_000, burst=20, **fields):
    return RateLimit(id=f"Route/demo/r/{number}", by=by, requests=requests, per_ms=per_ms, burst=burst, **fields)


def test_a_route_without_limits_has_nothing():
    """There is nothing to look at for each request."""
    assert None is compiled_rate_limits((), "Route/demo/r", None)


def test_limits_are_sorted_by_their_key():
    """Each is counted when its key is known."""
    entries = [limit(by, number) for number, by in enumerate(("Client", "Route", "Consumer", "Claim"))]
    made = CompiledRateLimits(entries, "Route/demo/r", "p")
    client, route, consumer, claim = map(limit_of, entries)
    assert ((client,), ((route, b"Route/demo/r"),)) == (made.by_client, made.by_route)
    assert ((consumer,), (claim,)) == (made.by_consumer, made.by_claim)


def test_a_limit_by_another_key_is_another_limit():
    """A consumer's name may be the text of another one's claim: their requests are never counted together."""
    claims = [limit("Claim", claim=(name,)) for name in ("a", "b")]
    assert 4 == len({limit_of(it) for it in (limit("Client"), limit("Consumer"), *claims)})


def test_buckets_stay_with_a_limit_that_is_made_again():
    """A table that is made anew has equal limits, in seconds."""
    assert limit_of(limit()) == limit_of(limit())
    assert (100, 60.0, 20) == ((made := limit_of(limit())).requests, made.per_s, made.burst)


def test_an_answer_names_limits_by_their_keys():
    """No name of an object is in it, and no two limits of a route have one name."""
    entries = [limit(), limit(number=1, per_ms=1_500, requests=7), limit("Consumer", 2), limit(number=3)]
    policies = CompiledRateLimits(entries, "Route/demo/r", "p").policies
    assert [b'"client";q=100;w=60', b'"client-2";q=7', b'"consumer";q=100;w=60', b'"client-3";q=100;w=60'] == [
        policies[limit_of(it)][1] for it in entries
    ]


@pytest.mark.parametrize(
    ("claims", "key"),
    [
        ({"tenant": {"id": "a"}}, b"=a"),
        ({"tenant": {"id": 18}}, b"=18"),
        ({"tenant": {"id": 1.8e1}}, b"=18"),
        ({"tenant": {"id": True}}, b"=true"),
        ({"tenant": {"id": ""}}, b"="),
        ({"tenant": {"id": "-"}}, b"=-"),
        ({"tenant": {"id": ["a"]}}, ABSENT),
        ({"tenant": {"id": None}}, ABSENT),
        ({"tenant": "a"}, ABSENT),
        ({}, ABSENT),
        ({"tenant": {"id": "\ud800"}}, b"=\xed\xa0\x80"),
    ],
)
def test_the_key_of_a_claim_is_its_text(claims, key):
    """What is no text, number or boolean has one key with what is not there, which no text has."""
    assert (key,) == CountedClaims("p", [("tenant", "id")]).keys(claims)


def test_a_long_claim_is_remembered_by_its_digest():
    """A token may have claims of kilobytes, and many tokens are remembered."""
    one, other = (CountedClaims("p", [("sub",)]).keys({"sub": "x" * 9_000 + end})[0] for end in "ab")
    assert (32, 32, False) == (len(one), len(other), one == other)


def test_a_long_id_of_a_route_is_remembered_by_its_digest():
    """The key is the one under which the fleet's debts are learnt."""
    [(_, key)] = CompiledRateLimits([limit("Route")], f"Route/{'n' * 63}/{'r' * 63}", None).by_route
    assert 32 == len(key)


def test_tokens_are_remembered_for_a_policy_and_its_claims():
    """Two routes that share a policy and count by different claims share nothing of a token."""
    scopes = {CountedClaims("p", paths).scope for paths in ([("a", "b")], [("a",), ("b",)], [("a b",)], [("b",)])}
    assert 4 == len(scopes)
