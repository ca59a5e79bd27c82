"""Requests that are one too many."""

from __future__ import annotations

import math

import pytest

from bucket_calls import passed
from heads import NOW_S, bearer, head, signed, table
from manifests import consumer, credential, route, secret, service
from postern_dataplane.decision.decide import decide
from postern_dataplane.decision.outcome import Reject
from postern_dataplane.decision.rate_limiting import within_limits
from postern_dataplane.decision.verification_cache import VerificationCache
from postern_dataplane.rate_limits.token_buckets import TokenBuckets

ALICE = (consumer(), credential(), secret())
GOOD, BAD = bearer(signed()), bearer(signed(secret="x" * 32))


def limit(by, requests, per="1m", **fields):
    return {"by": by, "requests": requests, "per": per} | fields


class Counting:
    """A route with these limits, which alice may call."""

    def __init__(self, *limits, **spec):
        self.table = table(service(auth={"jwt": {}}), route(rateLimit=list(limits), **spec), *ALICE)
        self.buckets = TokenBuckets()
        self.cache = VerificationCache()

    def outcome(self, *fields, now_s=NOW_S, peer="192.0.2.1"):
        decision = decide(head("/", *fields, peer=peer), self.table, self.cache, NOW_S)
        decision = decision if isinstance(decision, Reject) else decision.authorized
        return within_limits(decision, self.buckets, now_s)

    def ask(self, *fields, **more):
        """The reason of the refusal, "" for none."""
        outcome = self.outcome(*fields, **more)
        return outcome.denial.reason if isinstance(outcome, Reject) else ""


def test_requests_beyond_the_limit_are_refused():
    """Those within pass, and one that comes later does again."""
    counting = Counting(limit("Consumer", 2))
    assert ["", "", "rate_limited"] == [counting.ask(GOOD) for _ in range(3)]
    assert ["", "rate_limited"] == [counting.ask(GOOD, now_s=NOW_S + 30) for _ in range(2)]


def test_the_log_can_say_who_is_limited():
    """A refusal of a caller whose token is good has the identity, as the request would have had."""
    counting = Counting(limit("Consumer", 1))
    passed, refused = (counting.outcome(GOOD) for _ in range(2))
    assert ("rate_limited", "alice") == (refused.denial.reason, refused.identity.consumer)
    assert passed.identity is refused.identity


def test_guessing_tokens_is_limited():
    """Beyond the limit of its address, a client does not learn whether a token is good."""
    counting = Counting(limit("Client", 3))
    guesses = [counting.ask(field) for field in (BAD, BAD, BAD, BAD, GOOD)]
    assert ["bad_signature"] * 3 + ["rate_limited"] * 2 == guesses
    assert "" == counting.ask(GOOD, peer="192.0.2.2")


@pytest.mark.parametrize(("first", "second"), [("Client", "Consumer"), ("Consumer", "Client"), ("Route", "Client")])
def test_a_request_that_one_limit_refuses_is_not_charged_to_the_others(first, second):
    """A client that is refused takes nothing from a bucket that it shares."""
    counting = Counting(limit(first, 1), limit(second, 9))
    assert ["", *["rate_limited"] * 50] == [counting.ask(GOOD) for _ in range(51)]
    name = next(it for it in counting.outcome(GOOD).route.rate_limits.policies if f" {second}" in it.id)
    counted = decide(head("/", GOOD), counting.table, counting.cache, NOW_S).authorized.counted
    [pair] = [(limit_, key) for limit_, key in counted if limit_ == name]
    assert 8 == passed(counting.buckets, *pair, times=20, now=NOW_S)


def test_a_refusal_says_when_to_come_back():
    """In whole seconds, none of them too early, and with the policy by a name that tells nothing of others."""
    counting = Counting(limit("Client", 40))
    for _ in range(40):
        counting.ask(GOOD)
    refusal = counting.outcome(GOOD, now_s=NOW_S + 0.2)
    fields = dict(refusal.limits)
    assert {
        b"Retry-After": b"2",
        b"RateLimit-Policy": b'"client";q=40;w=60',
        b"RateLimit": b'"client";r=0;t=2',
    } == fields
    assert (429, "rate_limited") == (refusal.denial.status, refusal.denial.reason)
    assert "" == counting.ask(GOOD, now_s=NOW_S + 2.2)


def test_of_several_limits_the_longest_wait_is_said():
    """A client that comes back then is not refused again by the others."""
    counting = Counting(limit("Client", 1, "1s"), limit("Consumer", 1, "1h"))
    counting.ask(GOOD)
    fields = dict(counting.outcome(GOOD).limits)
    assert (b"3600", b'"consumer";r=0;t=3600') == (fields[b"Retry-After"], fields[b"RateLimit"])


def test_a_refusal_has_the_routes_fields_of_cors():
    """The page that asked can read it."""
    counting = Counting(limit("Client", 1), cors={"allowOrigins": ["https://a.example"]})
    outcome = [counting.outcome(GOOD, ("Origin", "https://a.example")) for _ in range(2)][-1]
    assert (b"Access-Control-Allow-Origin", b"https://a.example") in outcome.cors
    assert math.inf == outcome.until


def test_a_new_table_keeps_what_was_counted():
    """Of a limit that stays as it was; one with other numbers begins anew."""
    counting, same, other = (Counting(limit("Client", requests)) for requests in (2, 2, 3))
    same.buckets = other.buckets = counting.buckets
    assert ["", "", "rate_limited"] == [it.ask(GOOD) for it in (counting, same, same)]
    assert "" == other.ask(GOOD)
