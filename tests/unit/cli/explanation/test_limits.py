"""Which limits a request takes from, in words."""

from __future__ import annotations

import jwt
import pytest

import manifests
from heads import bearer, head
from postern_cli.explanation.redaction import Redaction
from postern_cli.explanation.text import text_of
from postern_cli.explanation.trace import explain
from postern_dataplane.table.routing_table import build_table

LIMITS = [
    {"by": "Consumer", "requests": 100, "per": "1m", "burst": 20},
    {"by": "Claim", "claim": ["tenant", "id"], "requests": 1000, "per": "1h"},
    {"by": "Client", "requests": 50, "per": "1s"},
    {"by": "Route", "requests": 5, "per": "1s"},
]
CONSUMER, CLAIM, CLIENT, ROUTE = (
    "100 in 60s, 20 at once by Consumer (rateLimit[0] of Service/default/app): ",
    "1000 in 3600s by Claim (rateLimit[1] of Service/default/app): ",
    "50 in 1s by Client (rateLimit[2] of Service/default/app): ",
    "5 in 1s by Route (rateLimit[3] of Service/default/app): ",
)
REFUSED = "not taken from, for it is refused before it is known by which "


def explained(mode="Required", token="", peer="192.0.2.1", **service_spec):
    """The limits of a request, and all that is printed of it."""
    people = (manifests.consumer(), manifests.credential(key="alice"), manifests.secret())
    service = manifests.service(**{"auth": {"jwt": {"mode": mode}}, "rateLimit": LIMITS} | service_spec)
    snapshot = manifests.compiled(service, manifests.route(), *people).snapshot
    fields = [bearer(token)] if token else []
    asked = head("/", *fields, peer=peer)
    explanation = explain(asked, build_table(snapshot, ""), 0.0)
    return explanation.limits, "\n".join(text_of(explanation, Redaction(snapshot.policies, explanation.token)))


def token_with(**claims):
    return jwt.encode({"key": "alice", **claims}, manifests.SECRET)


def test_a_good_token_names_the_buckets():
    """Each limit is named with whose requests count together, and nothing is counted."""
    limits, text = explained(token=token_with(tenant={"id": "acme"}))
    expected = (
        f"{CONSUMER}consumer alice",
        f'{CLAIM}claim [tenant, id] is "acme"',
        f"{CLIENT}address 192.0.2.1",
        f"{ROUTE}route default/all",
    )
    assert expected == limits
    assert all(line in text for line in expected)


@pytest.mark.parametrize("token", ["", "a.b.c"])
def test_a_request_that_is_refused_takes_from_what_is_known_of_it(token):
    """What guesses tokens is limited by its address and the route, and by no caller."""
    limits, _ = explained(token=token)
    assert (
        f"{CONSUMER}{REFUSED}Consumer", f"{CLAIM}{REFUSED}Claim", f"{CLIENT}address 192.0.2.1",
        f"{ROUTE}route default/all",
    ) == limits  # fmt: skip


@pytest.mark.parametrize(("mode", "token"), [("Optional", ""), ("Permissive", ""), ("Permissive", "a.b.c")])
def test_a_request_without_a_caller_takes_from_no_limit_by_callers(mode, token):
    """A bad token that is passed over has no claims either."""
    limits, _ = explained(mode, token)
    nothing = "not taken from, for there is no "
    assert (f"{CONSUMER}{nothing}Consumer", f"{CLAIM}{nothing}Claim") == limits[:2]


def test_an_anonymous_consumer_is_a_consumer():
    """It has a bucket as each other."""
    policy = {"mode": "Optional", "anonymousConsumer": {"name": "alice"}}
    limits, _ = explained(auth={"jwt": policy})
    assert f"{CONSUMER}consumer alice" == limits[0]


@pytest.mark.parametrize(
    ("peer", "whose"),
    [
        ("2001:db8:1:2:3::4", "address 2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "address 192.0.2.1"),
        ("", "all whose address is not known"),
    ],
)
def test_addresses_of_a_network_count_together(peer, whose):
    """A client of IPv6 has a whole /64, and could come from another address each time."""
    limits, _ = explained(peer=peer, rateLimit=[LIMITS[2]])
    assert (f"50 in 1s by Client (rateLimit[0] of Service/default/app): {whose}",) == limits


@pytest.mark.parametrize("spec", [{"clients": {"allow": ["10.0.0.0/8"]}}, {"rateLimit": []}, {"hosts": ["other"]}])
def test_what_is_refused_by_its_head_takes_from_no_limit(spec):
    """An address that may not call, and a request that no route takes, are not counted."""
    limits, text = explained(**spec)
    assert ((), False) == (limits, "Rate limits" in text)
