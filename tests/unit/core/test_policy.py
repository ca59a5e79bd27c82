"""What can be wrong with an auth.jwt block by itself."""

import pytest

from manifests import compiled, mistakes, route, service


@pytest.mark.parametrize(
    ("jwt", "field"),
    [
        ({"from": [{}]}, "from[0]"),
        ({"from": [{"header": "a", "query": "b"}]}, "from[0]"),
        ({"from": [{"header": "A"}, {"header": "a"}]}, "from[1]"),
        ({"from": [{"header": "Content-Length"}]}, "from[0].header"),
        ({"from": [{"header": "X_Consumer_Username"}]}, "from[0].header"),
        ({"allow": {"claims": [{"anyOf": ["a"]}]}}, "allow.claims[0]"),
        ({"allow": {"claims": [{"name": "a", "path": ["a"], "anyOf": ["a"]}]}}, "allow.claims[0]"),
        ({"allow": {"claims": [{"name": "a"}]}}, "allow.claims[0]"),
        ({"allow": {"claims": [{"name": "a", "anyOf": ["a"], "allOf": ["a"]}]}}, "allow.claims[0]"),
        ({"allow": {"claims": [{"name": "a", "anyOf": [None]}]}}, "allow.claims[0].anyOf[0]"),
        ({"allow": {"claims": [{"name": "a", "anyOf": [["a"]]}]}}, "allow.claims[0].anyOf[0]"),
        ({"allow": {"claims": [{"name": "a", "anyOf": ["a", 1e301]}]}}, "allow.claims[0].anyOf[1]"),
        ({"allow": {"claims": [{"name": "a", "allOf": [10**400, "a"]}]}}, "allow.claims[0].allOf[0]"),
        ({"allow": {"claims": [{"path": [], "anyOf": ["a"]}]}}, "allow.claims[0].path"),
        ({"forwardClaims": [{"header": "X-A"}]}, "forwardClaims[0]"),
        ({"forwardClaims": [{"claim": "a", "path": ["a"], "header": "X-A"}]}, "forwardClaims[0]"),
        ({"forwardClaims": [{"claim": "a", "header": "X-A", "join": "\n"}]}, "forwardClaims[0].join"),
        ({"maxLifetime": "0s"}, "maxLifetime"),
        ({"anonymousConsumer": {"name": "a"}}, "anonymousConsumer"),
        ({"forwardClaims": [{"claim": "a", "header": "X-Forwarded-For"}]}, "forwardClaims[0].header"),
        (
            {"forwardClaims": [{"claim": "a", "header": "X-A"}, {"claim": "b", "header": "x_a"}]},
            "forwardClaims[1].header",
        ),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(jwt, field):
    """On the Service and on the Route alike."""
    at = f"spec.auth.jwt.{field}"

    assert [at] == list(mistakes(service(auth={"jwt": jwt})))
    assert [at] == list(mistakes(service(), route(auth={"jwt": jwt})))


@pytest.mark.parametrize("header", ["Authorization", "Proxy-Authorization", "X-Token"])
def test_a_token_may_come_in_any_header_that_is_free(header):
    """The ones made for it first of all."""
    assert {} == mistakes(service(auth={"jwt": {"from": [{"header": header}]}}))


def test_a_value_that_no_claim_can_hold_is_not_left_out():
    """A policy that asks for all of several values never asks for fewer of them."""
    claims = [{"name": "scope", "allOf": [float("inf"), "read"]}]
    made = compiled(service(auth={"jwt": {"allow": {"claims": claims}}}), route())
    assert ([], [True]) == ([*made.snapshot.policies], [bool(it.refusal) for it in made.snapshot.routes])
