"""What a policy asks of a token's claims."""

from __future__ import annotations

import pytest

from heads import NOW_S
from postern_core.snapshot import Policy
from postern_dataplane.jwt import claim_checks as module
from postern_dataplane.jwt.claim_checks import CLAIM_CHECKS, ClaimsContext, numeric_date


def policy(**fields):
    return Policy(id="Route/default/all", namespace="default", places=(), **fields)


def reason(claims, **fields):
    """The first reason that any check has."""
    context = ClaimsContext()
    context.claims, context.policy, context.now_s = claims, policy(**fields), NOW_S
    return next((found for check in CLAIM_CHECKS if (found := check.run(context))), None)


@pytest.mark.parametrize(("value", "expected"), [(0, 0.0), (-1, -1.0), (1.5, 1.5), (2**70, float(2**70))])
def test_a_date_is_a_number(value, expected):
    """Fractions and odd sizes too."""
    assert expected == numeric_date(value)


@pytest.mark.parametrize(
    "value", [None, True, False, "1", "", [1], {"a": 1}, pytest.param(10**400, id="beyond floats")]
)
def test_anything_else_is_no_date(value):
    """A boolean neither, and no integer beyond floats."""
    assert numeric_date(value) is None


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize("value", [None, True, "1893456000", [], pytest.param(10**400, id="beyond floats")])
def test_a_date_that_is_none_is_refused(name, value):
    """Whether or not the policy asks for it."""
    assert "invalid_claim" == reason({name: value})


@pytest.mark.parametrize(
    ("claims", "leeway_ms", "expected"),
    [
        ({}, 0, None),
        ({"exp": NOW_S}, 0, "expired"),
        ({"exp": NOW_S + 0.001}, 0, None),
        ({"exp": NOW_S - 5}, 5000, "expired"),
        ({"exp": NOW_S - 4.999}, 5000, None),
        ({"exp": -0.0}, 0, "expired"),
        ({"exp": 1e308}, 0, None),
        ({"nbf": NOW_S}, 0, None),
        ({"nbf": NOW_S + 0.001}, 0, "not_yet_valid"),
        ({"nbf": NOW_S + 5}, 5000, None),
        ({"nbf": NOW_S + 5.001}, 5000, "not_yet_valid"),
        ({"iat": NOW_S + 1e6}, 0, None),
    ],
)
def test_dates_are_compared_with_now_and_leeway(claims, leeway_ms, expected):
    """The moment of exp is too late, that of nbf is not too early; iat may be ahead."""
    assert expected == reason(claims, leeway_ms=leeway_ms)


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"exp": NOW_S + 60}, None),
        ({"exp": NOW_S + 60.001}, "lifetime_too_long"),
        ({"exp": 1e308}, "lifetime_too_long"),
        ({}, "missing_claim"),
    ],
)
def test_a_lifetime_has_a_limit(claims, expected):
    """A policy's maxLifetime requires exp."""
    assert expected == reason(claims, max_lifetime_ms=60_000)


@pytest.mark.parametrize("issuer", [None, "", "B", "a ", ["a"], 1, {"a": 1}])
def test_another_issuer_is_refused(issuer):
    """Exactly equal, and a text."""
    assert "wrong_issuer" == reason({"iss": issuer}, issuers=("a", "b"))


@pytest.mark.parametrize("claims", [{"iss": "a"}, {"iss": "b", "aud": "x"}])
def test_one_of_the_issuers_is_enough(claims):
    """What is not configured is not looked at."""
    assert reason(claims, issuers=("a", "b")) is None


@pytest.mark.parametrize("audience", ["a", ["a"], ["x", "b"], [1, None, "a"]])
def test_one_of_the_audiences_is_enough(audience):
    """As a text or in a list."""
    assert reason({"aud": audience}, audiences=("a", "b")) is None


@pytest.mark.parametrize("audience", [None, "", "A", "a b", [], ["x"], [["a"]], {"a": 1}, 1])
def test_another_audience_is_refused(audience):
    """Nothing that is not one of the texts."""
    assert "wrong_audience" == reason({"aud": audience}, audiences=("a", "b"))


@pytest.mark.parametrize(("claims", "expected"), [({"a": 0, "b": ""}, None), ({"a": None, "b": 1}, "missing_claim")])
def test_a_required_claim_is_there(claims, expected):
    """Null is nothing; zero is something."""
    assert expected == reason(claims, required_claims=("a", "b"))


def test_passing_reasons_are_reasons_that_time_heals():
    """All others may be remembered."""
    assert {"not_yet_valid", "lifetime_too_long"} == module.TRANSIENT
