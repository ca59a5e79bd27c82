"""The `rateLimit` list: what of it is refused, and what becomes of it in the snapshot."""

from __future__ import annotations

import pytest

from manifests import compiled, consumer, mistakes, reasons, route, service
from postern_core.lint import LINTS
from postern_core.lints.rate_limit import anonymous_requests_are_unlimited
from postern_core.snapshot_rate_limits import RateLimit

BY_CLIENT = {"by": "Client", "requests": 10, "per": "1s"}
BY_CONSUMER = {"by": "Consumer", "requests": 100, "per": "1m", "burst": 20}
AUTH = {"jwt": {}}
PUBLIC = {"jwt": {"mode": "Disabled"}}


def limits_of(*documents):
    """The limits of the one route of these."""
    [entry] = compiled(*documents).snapshot.routes
    return entry.rate_limits


@pytest.mark.parametrize(
    "wrong",
    [
        {"by": "Address"}, {"requests": 0}, {"requests": 1_000_001}, {"requests": 1.5}, {"burst": 0}, {"burst": -1},
        {"burst": 1_000_001}, {"per": "999ms"}, {"per": "0s"}, {"per": "24h1ms"}, {"per": "1d"}, {"per": 60},
        {"claim": ["sub"]}, {"by": "Claim"}, {"by": "Claim", "claim": []}, {"by": "Claim", "claim": "sub"},
        {"cost": 2},
    ],
)  # fmt: skip
def test_a_limit_that_can_not_be_counted_is_refused(wrong):
    """The API server refuses the same, and where there is none the route answers 503."""
    limits = [BY_CLIENT, BY_CLIENT | wrong]
    for documents in ([service(rateLimit=limits), route()], [service(), route(rateLimit=limits)]):
        [(field, _)] = [(it.field, it) for it in compiled(*documents).problems if it.reason.text == "Invalid"]
        [entry] = compiled(*documents).snapshot.routes
        assert field.startswith("spec.rateLimit[1]")
        assert (True, ()) == (bool(entry.refusal), entry.rate_limits)


@pytest.mark.parametrize("limits", [None, {}, [None], BY_CLIENT, [BY_CLIENT] * 9])
def test_a_list_that_can_not_be_read_refuses_the_route(limits):
    """A null could mean the Service's limits, or none, so it is refused."""
    for documents in ([service(rateLimit=limits), route()], [service(), route(rateLimit=limits)]):
        [entry] = compiled(*documents).snapshot.routes
        assert (True, ()) == (bool(entry.refusal), entry.rate_limits)


def test_a_limit_without_a_burst_takes_all_of_its_requests_at_once():
    """A client that has been away may use up the whole number."""
    by_claim = {"by": "Claim", "claim": ["tenant", "id"], "requests": 1000, "per": "1h30m"}
    assert (
        RateLimit(id="Route/default/all/0", by="Consumer", requests=100, per_ms=60_000, burst=20),
        RateLimit(
            id="Route/default/all/1", by="Claim", requests=1000, per_ms=5_400_000, burst=1000, claim=("tenant", "id")
        ),
    ) == limits_of(service(auth=AUTH), route(rateLimit=[BY_CONSUMER, by_claim]))


def test_the_list_of_the_service_holds_until_a_route_has_its_own():
    """A Route's rateLimit replaces the Service's whole, also with the empty one; what it inherits has one id."""
    with_limits = service(rateLimit=[BY_CLIENT])
    first, second = compiled(with_limits, route("a"), route("b")).snapshot.routes
    assert "Service/default/app/0" == first.rate_limits[0].id
    assert first.rate_limits == second.rate_limits
    assert () == limits_of(with_limits, route(rateLimit=[]))
    assert () == limits_of(service(), route())
    [own] = limits_of(with_limits, route(rateLimit=[BY_CLIENT | {"by": "Route"}]))
    assert ("Route/default/all/0", "Route") == (own.id, own.by)


@pytest.mark.parametrize("by", [{"by": "Consumer"}, {"by": "Claim", "claim": ["sub"]}])
def test_a_route_without_tokens_has_no_limit_by_what_a_token_says(by):
    """Such a limit would never count, and the route be open to any number of requests; so it answers 503."""
    limits = [BY_CLIENT, BY_CLIENT | by]
    for documents, field, reason in (
        ([service(), route(rateLimit=limits)], "spec.rateLimit[1].by", "ServiceInvalid"),
        ([service(auth=AUTH), route(auth=PUBLIC, rateLimit=limits)], "spec.rateLimit[1].by", "Invalid"),
        ([service(rateLimit=limits), route()], "spec.serviceRef", "ServiceInvalid"),
        ([service(auth=AUTH, rateLimit=limits), route(auth=PUBLIC)], "spec.serviceRef", "ServiceInvalid"),
    ):
        [entry] = compiled(*documents).snapshot.routes
        assert [field] == list(mistakes(*documents))
        assert [("all", reason)] == reasons(*documents)
        assert f"counts by {by['by']}" in entry.refusal


@pytest.mark.parametrize(
    "documents",
    [
        [service(auth=AUTH, rateLimit=[BY_CONSUMER]), route()],
        [service(rateLimit=[BY_CONSUMER]), route(auth=AUTH)],
        [service(auth=AUTH, rateLimit=[BY_CONSUMER]), route(auth=PUBLIC, rateLimit=[BY_CLIENT])],
        [service(auth=AUTH, rateLimit=[BY_CONSUMER]), route(auth=PUBLIC, rateLimit=[])],
        [service(rateLimit=[BY_CLIENT]), route()],
    ],
)
def test_a_route_with_tokens_or_limits_without_them_is_served(documents):
    """What counts is the auth and the limits that a Route has in the end, its own or its Service's."""
    assert ({}, [""]) == (mistakes(*documents), [it.refusal for it in compiled(*documents).snapshot.routes])


def test_limits_are_not_blamed_where_auth_is_broken():
    """One mistake is reported once: with a policy that can't be resolved it is not known whether tokens are read."""
    broken = {"jwt": {"mode": "Optional", "anonymousConsumer": {"name": "nobody"}}}
    assert [("all", "ConsumerNotFound")] == reasons(service(), route(auth=broken, rateLimit=[BY_CONSUMER]))


BY_CLAIM = {"by": "Claim", "claim": ["sub"], "requests": 1, "per": "1s"}


@pytest.mark.parametrize(
    ("policy", "limits", "is_found"),
    [
        ({}, [BY_CONSUMER], False),
        ({"mode": "Optional"}, [BY_CONSUMER, BY_CLAIM], True),
        ({"mode": "Permissive"}, [BY_CLAIM], True),
        ({"mode": "Optional"}, [BY_CONSUMER, BY_CLIENT], False),
        ({"mode": "Optional"}, [BY_CLIENT | {"by": "Route"}], False),
        ({"mode": "Optional", "anonymousConsumer": {"name": "alice"}}, [BY_CONSUMER], False),
        ({"mode": "Optional", "anonymousConsumer": {"name": "alice"}}, [BY_CLAIM], True),
        ({"mode": "Optional", "allow": {"consumers": ["alice"]}}, [BY_CONSUMER], False),
        ({"mode": "Optional"}, [], False),
    ],
)
def test_a_limit_that_a_request_passes_by_without_a_token_is_warned_about(policy, limits, is_found):
    """A client that leaves its token out would be held by no limit at all."""
    assert anonymous_requests_are_unlimited.__name__ in LINTS
    auth = {"jwt": policy}
    for documents, name in (
        ([service(auth=auth, rateLimit=limits), route("a"), route("b"), consumer()], "app"),
        ([service(auth=auth, rateLimit=[BY_CLAIM]), route(rateLimit=limits), consumer()], "all"),
    ):
        found = [(it.ref.name, it.field) for it in compiled(*documents).problems if "without a token" in it.message]
        assert [(name, "spec.rateLimit")] * is_found == found
