"""What a policy asks of a token's claims: each check is a function named as the violation.

It returns a reason, or None when there is nothing against the token.
RFC 7519, section 4.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

from postern_core.snapshot import Policy
from postern_dataplane.request.denials import DenialReason

from .claim_values import Claims


class ClaimsContext:
    """Claims under a policy, and what their checks have found so far; `now_s` is in seconds since the epoch.

    An attribute exists only once it has been found: to read it too early raises AttributeError.
    """

    __slots__ = ("claims", "exp", "iat", "nbf", "now_s", "policy")

    policy: Policy
    now_s: float
    claims: Claims
    exp: float | None
    nbf: float | None
    iat: float | None


C_contra = TypeVar("C_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Check(Generic[C_contra]):
    """A check of a token: what holds where it finds no reason against the token, in words, and how it looks.

    `settings` are the fields of a policy without any of which it finds nothing; one that has none always looks.
    """

    title: str
    run: Callable[[C_contra], DenialReason | None]
    settings: tuple[str, ...] = ()


def numeric_date(value: object) -> float | None:
    """A NumericDate in seconds, None for anything else; a boolean is no number."""
    if value is None:
        return None
    kind = type(value)
    if kind is not int and kind is not float:
        return None
    try:
        return float(value)  # type: ignore[arg-type] # it is one of the two
    except OverflowError:
        return None


def date_is_no_number(context: ClaimsContext) -> DenialReason | None:
    claims = context.claims
    context.exp = exp = numeric_date(claims.get("exp"))
    context.nbf = nbf = numeric_date(claims.get("nbf"))
    context.iat = iat = numeric_date(claims.get("iat"))
    if (exp is None and "exp" in claims) or (nbf is None and "nbf" in claims) or (iat is None and "iat" in claims):
        return DenialReason.INVALID_CLAIM
    return None


def token_has_expired(context: ClaimsContext) -> DenialReason | None:
    # Section 4.1.4: "on or after which the JWT MUST NOT be accepted for processing".
    exp = context.exp
    has_expired = exp is not None and context.now_s >= exp + context.policy.leeway_ms / 1000
    return DenialReason.EXPIRED if has_expired else None


def token_is_not_valid_yet(context: ClaimsContext) -> DenialReason | None:
    # Section 4.1.5: "before which the JWT MUST NOT be accepted for processing".
    nbf = context.nbf
    is_early = nbf is not None and context.now_s < nbf - context.policy.leeway_ms / 1000
    return DenialReason.NOT_YET_VALID if is_early else None


def lifetime_is_too_long(context: ClaimsContext) -> DenialReason | None:
    max_lifetime_ms = context.policy.max_lifetime_ms
    if max_lifetime_ms is None:
        return None
    if context.exp is None:
        return DenialReason.MISSING_CLAIM
    return DenialReason.LIFETIME_TOO_LONG if context.exp - context.now_s > max_lifetime_ms / 1000 else None


def issuer_is_another(context: ClaimsContext) -> DenialReason | None:
    issuers, issuer = context.policy.issuers, context.claims.get("iss")
    is_expected = not issuers or (isinstance(issuer, str) and issuer in issuers)
    return None if is_expected else DenialReason.WRONG_ISSUER


def audience_is_another(context: ClaimsContext) -> DenialReason | None:
    audiences = context.policy.audiences
    if not audiences:
        return None
    aud = context.claims.get("aud")
    # Section 4.1.3: an array of strings in the general case, a single string in the special one.
    named = aud if isinstance(aud, list) else [aud]
    return DenialReason.WRONG_AUDIENCE if _set_of(audiences).isdisjoint(_texts(named)) else None


def claim_is_missing(context: ClaimsContext) -> DenialReason | None:
    for name in context.policy.required_claims:
        if context.claims.get(name) is None:
            return DenialReason.MISSING_CLAIM
    return None


CLAIM_CHECKS: tuple[Check[ClaimsContext], ...] = (
    Check("its dates are numbers", date_is_no_number),
    Check("it has not expired", token_has_expired),
    Check("it is valid already", token_is_not_valid_yet),
    Check("its lifetime is short enough", lifetime_is_too_long, ("max_lifetime_ms",)),
    Check("its issuer is expected", issuer_is_another, ("issuers",)),
    Check("its audience is this one", audience_is_another, ("audiences",)),
    Check("it has the required claims", claim_is_missing, ("required_claims",)),
)


# With time these heal, so such an answer must not be remembered.
TRANSIENT = frozenset({DenialReason.NOT_YET_VALID, DenialReason.LIFETIME_TOO_LONG})


def _texts(values: list[Any]) -> Iterable[str]:
    return (value for value in values if isinstance(value, str))


@lru_cache(maxsize=1024)
def _set_of(values: tuple[str, ...]) -> frozenset[str]:
    """To look up thousands of words in hundreds of values takes no longer than to read the words."""
    return frozenset(values)
