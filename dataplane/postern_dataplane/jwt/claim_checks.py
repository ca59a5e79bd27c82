"""What a policy asks of a token's claims: each check is a function named as the violation.

Every check returns a reason, or None when there is nothing against the token.
RFC 7519, section 4.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from postern_core.snapshot import ClaimMatch, Policy
from postern_dataplane.request.denials import DenialReason

Claims = dict[str, Any]
Check = Callable[[Claims, Policy, float], DenialReason | None]


def numeric_date(value: object) -> float | None:
    """A NumericDate in seconds, None for anything else; a boolean is no number."""
    kind = type(value)
    if kind is not int and kind is not float:
        return None
    try:
        return float(value)  # type: ignore[arg-type] # it is one of the two
    except OverflowError:
        return None


def date_is_no_number(claims: Claims, _policy: Policy, _now_s: float) -> DenialReason | None:
    for name in ("exp", "nbf", "iat"):
        if name in claims and numeric_date(claims[name]) is None:
            return DenialReason.INVALID_CLAIM
    return None


def token_has_expired(claims: Claims, policy: Policy, now_s: float) -> DenialReason | None:
    # Section 4.1.4: "on or after which the JWT MUST NOT be accepted for processing".
    exp = numeric_date(claims.get("exp"))
    return DenialReason.EXPIRED if exp is not None and now_s >= exp + policy.leeway_ms / 1000 else None


def token_is_not_valid_yet(claims: Claims, policy: Policy, now_s: float) -> DenialReason | None:
    # Section 4.1.5: "before which the JWT MUST NOT be accepted for processing".
    nbf = numeric_date(claims.get("nbf"))
    return DenialReason.NOT_YET_VALID if nbf is not None and now_s < nbf - policy.leeway_ms / 1000 else None


def lifetime_is_too_long(claims: Claims, policy: Policy, now_s: float) -> DenialReason | None:
    if policy.max_lifetime_ms is None:
        return None
    exp = numeric_date(claims.get("exp"))
    if exp is None:
        return DenialReason.MISSING_CLAIM
    return DenialReason.LIFETIME_TOO_LONG if exp - now_s > policy.max_lifetime_ms / 1000 else None


def issuer_is_another(claims: Claims, policy: Policy, _now_s: float) -> DenialReason | None:
    issuer = claims.get("iss")
    fine = not policy.issuers or (isinstance(issuer, str) and issuer in policy.issuers)
    return None if fine else DenialReason.WRONG_ISSUER


def audience_is_another(claims: Claims, policy: Policy, _now_s: float) -> DenialReason | None:
    if not policy.audiences:
        return None
    aud = claims.get("aud")
    # Section 4.1.3: an array of strings in the general case, a single string in the special one.
    named = aud if isinstance(aud, list) else [aud]
    return DenialReason.WRONG_AUDIENCE if _set_of(policy.audiences).isdisjoint(_texts(named)) else None


def claim_is_missing(claims: Claims, policy: Policy, _now_s: float) -> DenialReason | None:
    for name in policy.required_claims:
        if claims.get(name) is None:
            return DenialReason.MISSING_CLAIM
    return None


# What every token must pass, and what only some policies ask for.
_DATE_CHECKS: tuple[Check, ...] = (date_is_no_number, token_has_expired, token_is_not_valid_yet)
CLAIM_CHECKS: tuple[Check, ...] = (
    *_DATE_CHECKS,
    lifetime_is_too_long,
    issuer_is_another,
    audience_is_another,
    claim_is_missing,
)


def first_violation(claims: Claims, policy: Policy, now_s: float) -> DenialReason | None:
    """The first reason against a token's claims, None for none."""
    asks_more = policy.max_lifetime_ms is not None or policy.issuers or policy.audiences or policy.required_claims
    for check in CLAIM_CHECKS if asks_more else _DATE_CHECKS:
        reason = check(claims, policy, now_s)
        if reason is not None:
            return reason
    return None


# With time these heal, so such an answer must not be remembered.
TRANSIENT = frozenset({DenialReason.NOT_YET_VALID, DenialReason.LIFETIME_TOO_LONG})


def claim_matches(match: ClaimMatch, claims: Claims) -> bool:
    """Whether a word of a text, or an element of a list, is among those asked for."""
    value = claims.get(match.name)
    words = value.split(" ") if isinstance(value, str) else _texts(value) if isinstance(value, list) else ()
    return not _set_of(match.any_of).isdisjoint(words)


def _texts(values: list[Any]) -> Iterable[str]:
    return (value for value in values if isinstance(value, str))


@lru_cache(maxsize=1024)
def _set_of(values: tuple[str, ...]) -> frozenset[str]:
    """To look up thousands of words in hundreds of values takes no longer than to read the words."""
    return frozenset(values)


def as_header_value(value: object) -> str | None:
    """A scalar claim as a header's value; None where it must stay out."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value) if abs(value) < 1e300 else None
    if isinstance(value, str) and value.isascii() and value.isprintable():
        return value
    return None
