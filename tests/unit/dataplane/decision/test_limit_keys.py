"""Whose requests count together."""

from __future__ import annotations

import pytest

from heads import NOW_S, bearer, head, signed, table
from manifests import consumer, credential, route, secret, service
from postern_dataplane.decision.decide import decide
from postern_dataplane.decision.limit_keys import address_key
from postern_dataplane.decision.outcome import Reject
from postern_dataplane.decision.verification_cache import VerificationCache

TRUSTED = ("10.0.0.0/8",)
ALICE = (consumer(), credential(), secret())


def limits(*by):
    """A limit for each of these keys; a list is the path of a claim."""
    return [
        {"by": it, "requests": 5, "per": "1s"}
        if isinstance(it, str)
        else {"by": "Claim", "claim": it, "requests": 5, "per": "1s"}
        for it in by
    ]


def counted(served, *asked, cache=None):
    """The kinds of the limits that a request meets, and their keys."""
    outcome = decide(head("/", *asked), served, cache or VerificationCache(), NOW_S)
    outcome = outcome if isinstance(outcome, Reject) else outcome.authorized
    return [(limit.id.split(" ")[1], key) for limit, key in outcome.counted]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("203.0.113.1", "::ffff:203.0.113.1"),
        ("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("", "unknown"),
    ],
)
def test_clients_that_are_one(one, other):
    """A host of IPv6 has all addresses of its network, and whose address is not known shares one bucket with others."""
    assert address_key(one) == address_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("203.0.113.1", "203.0.113.2"), ("2001:db8::1", "2001:db8:0:1::1"), ("0.0.0.0", "::"), ("", "0.0.0.0")],
)
def test_clients_that_are_two(one, other):
    """Each has a bucket of its own."""
    assert address_key(one) != address_key(other)


def test_a_client_is_told_through_trusted_proxies():
    """What a client writes itself into X-Forwarded-For makes no bucket."""
    served = table(service(), route(rateLimit=limits("Client")), trusted=TRUSTED)
    for peer, expected in (("10.0.0.1", "203.0.113.9"), ("192.0.2.1", "192.0.2.1")):
        asked = head("/", ("X-Forwarded-For", "198.51.100.1, 203.0.113.9"), peer=peer)
        [(_, key)] = decide(asked, served, VerificationCache(), NOW_S).authorized.counted
        assert address_key(expected) == key


def test_a_refused_caller_counts_for_client_and_route():
    """Guessing tokens is limited; who calls is not known, and is not counted."""
    served = table(service(auth={"jwt": {}}, rateLimit=limits("Consumer", "Client", ["sub"], "Route")), route(), *ALICE)
    expected = [("Route", b"Route/default/all"), ("Client", address_key("192.0.2.1"))]
    assert expected == counted(served)
    assert expected == counted(served, bearer(signed(secret="x" * 32)))
    caller = [("Consumer", b"Consumer/default/alice"), ("Claim", b"=a")]
    assert expected + caller == counted(served, bearer(signed(sub="a")))


@pytest.mark.parametrize(
    ("spec", "fields"),
    [
        ({"cors": {"allowOrigins": ["*"]}}, {"method": "OPTIONS"}),
        ({"clients": {"deny": ["192.0.2.0/24"]}}, {}),
        ({"maxRequestBody": "1"}, {"content_length": 2}),
    ],
)
def test_what_is_decided_before_is_not_counted(spec, fields):
    """A preflight is the gateway's to answer, and a client that is not let in takes nothing from a route's bucket."""
    served = table(service(), route(rateLimit=limits("Client", "Route"), **spec))
    asked = head("/", ("Origin", "https://a.example"), ("Access-Control-Request-Method", "GET"), **fields)
    decision = decide(asked, served, VerificationCache(), NOW_S)
    assert isinstance(decision, Reject)
    assert () == decision.counted


def test_a_token_without_the_claim_is_counted_with_all_that_lack_it():
    """Leaving a claim out is no way around its limit."""
    served = table(service(auth={"jwt": {}}), route(rateLimit=limits(["tenant"])), *ALICE)
    keys = [counted(served, bearer(signed(**claims))) for claims in ({}, {"tenant": ["a"]}, {"sub": "x"})]
    assert [[("Claim", b"-")]] * 3 == keys


def test_a_request_without_a_token_has_no_caller_to_count():
    """An anonymous consumer is counted as any other consumer."""
    for anonymous, expected in ({}, []), ({"anonymousConsumer": {"name": "alice"}}, [b"Consumer/default/alice"]):
        jwt = {"jwt": {"mode": "Optional"} | anonymous}
        served = table(service(auth=jwt), route(rateLimit=limits("Consumer", ["sub"])), *ALICE)
        assert expected == [key for _, key in counted(served)]


def test_consumers_of_two_namespaces_are_two():
    """A tenant that names a consumer as another one's does takes nothing from it."""
    served = table(
        service(auth={"jwt": {"allow": {"namespaces": "All"}}}), route(rateLimit=limits("Consumer")), *ALICE,
        consumer(namespace="other"), credential(namespace="other", key="theirs"), secret(namespace="other"),
    )  # fmt: skip
    keys = [counted(served, bearer(signed(key=key))) for key in ("alice", "theirs")]
    assert [[("Consumer", b"Consumer/default/alice")], [("Consumer", b"Consumer/other/alice")]] == keys


def test_routes_that_share_a_policy_count_by_their_own_claims():
    """What is remembered of a token for one is not the other's."""
    exact = {
        name: {"paths": [{"type": "Exact", "value": path}]} for name, path in (("a", "/"), ("b", "/b"), ("c", "/c"))
    }
    served = table(
        service(auth={"jwt": {}}), route("a", rateLimit=limits(["sub"]), **exact["a"]),
        route("b", rateLimit=limits(["tenant"]), **exact["b"]), route("c", **exact["c"]), *ALICE,
    )  # fmt: skip
    cache = VerificationCache()
    field = bearer(signed(sub="s", tenant="t"))
    found = {
        path: [key for _, key in decide(head(path, field), served, cache, NOW_S).authorized.counted]
        for path in ("/c", "/", "/b", "/c", "/", "/b")
    }
    assert {"/": [b"=s"], "/b": [b"=t"], "/c": []} == found
    assert (3, 3) == (cache.hits, cache.misses)


def test_nothing_of_a_counted_claim_goes_upstream():
    """A key stays where it is counted, and is part of no head."""
    served = table(service(auth={"jwt": {}}), route(rateLimit=limits(["email"])), *ALICE)
    forward = decide(head("/", bearer(signed(email="a@b.example"))), served, VerificationCache(), NOW_S)
    assert (b"=a@b.example",) == forward.authorized.identity.claims
    assert "a@b.example" not in repr(forward.head).replace(signed(email="a@b.example"), "")
