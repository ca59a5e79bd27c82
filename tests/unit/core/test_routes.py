"""Routes, resolved."""

from manifests import compiled, consumer, reasons, route, service


def test_auth_of_the_service_protects_its_routes():
    """The policy is one entry, named by its owner."""
    snapshot = compiled(service(auth={"jwt": {}}), route("a"), route("b")).snapshot

    assert ["Service/default/app"] * 2 == [it.policy for it in snapshot.routes]
    assert 1 == len(snapshot.policies)


def test_auth_of_the_route_replaces_it_whole():
    """Nothing of the service's block is left."""
    snapshot = compiled(service(auth={"jwt": {"issuers": ["x"]}}), route(auth={"jwt": {"leeway": "1s"}})).snapshot

    assert [((), 1000)] == [(it.issuers, it.leeway_ms) for it in snapshot.policies]


def test_a_broken_policy_of_the_service_makes_its_routes_refuse():
    """Only a route with a policy of its own goes on."""
    broken = service(auth={"jwt": {"mode": "Optional", "anonymousConsumer": {"name": "nobody"}}})
    snapshot = compiled(broken, route("a"), route("own", auth={"jwt": {}})).snapshot

    assert [True, False] == [bool(it.refusal) for it in snapshot.routes]


def test_a_route_of_a_service_that_is_missing_is_told_so():
    """A route of a missing Service gets a problem, and is not served."""
    assert [("all", "ServiceNotFound")] == reasons(route())
    assert () == compiled(route()).snapshot.routes


def test_forwarded_headers_are_cleaned_on_every_route_of_the_service():
    """Headers of forwarded claims are removed on every route of the Service, above all on open ones."""
    own = route("b", auth={"jwt": {"forwardClaims": [{"claim": "sub", "header": "X_User"}]}})
    snapshot = compiled(service(), route("a"), own, consumer()).snapshot

    assert [("x-user",)] * 2 == [it.clean_headers for it in snapshot.routes]


def test_deleting_the_policy_of_a_route_does_not_open_it():
    """Where a gateway requires a policy, what had one answers 503 without it."""
    protected, bare = service(auth={"jwt": {}}), service()
    before, after = (compiled(it, route(), require_policy=True) for it in (protected, bare))
    assert [("Service/default/app", "")] == [(it.policy, it.refusal) for it in before.snapshot.routes]
    (entry,) = after.snapshot.routes
    assert (None, "PolicyRequired") == (entry.policy, after.problems[0].reason.text)
    assert entry.refusal.startswith("Route default/all: gateway default requires a policy")


def test_a_required_policy_may_be_disabled_in_so_many_words():
    """By the Route or by its Service."""
    disabled = {"jwt": {"mode": "Disabled"}}
    for manifests in ([service(), route(auth=disabled)], [service(auth=disabled), route()]):
        assert () == compiled(*manifests, require_policy=True).problems
