"""What can be wrong with a `jwt` block by itself."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.claim_values import scalar_text
from postern_core.header_names import RESERVED, canonical
from postern_core.resources.jwt_policy import JWTBlock
from postern_core.resources.types import milliseconds

from .protected_resource import protected_resource_is_without_issuers, scope_is_named_twice

AT = "spec.auth.jwt"


def policy_is_wrong(policy: JWTBlock, at: str = AT) -> Iterator[tuple[str, str]]:
    """Every violation of a policy; the fields are below the path of the block."""
    for violation in POLICY_CHECKS:
        for field, message in violation(policy):
            yield f"{at}.{field}", message


def place_is_not_exactly_one(policy: JWTBlock) -> Iterator[tuple[str, str]]:
    for index, place in enumerate(policy.places):
        places = (place.header, place.query, place.cookie, place.web_socket_protocol)
        if sum(value is not None for value in places) != 1:
            yield f"from[{index}]", "must have exactly one of header, query, cookie and webSocketProtocol"


def scheme_is_of_no_header(policy: JWTBlock) -> Iterator[tuple[str, str]]:
    for index, place in enumerate(policy.places):
        if place.scheme is not None and place.header is None:
            wrong = "stands before the token in a header, and this place is none; name a header, or remove it"
            yield f"from[{index}].scheme", wrong


def place_is_named_twice(policy: JWTBlock) -> Iterator[tuple[str, str]]:
    seen = set()
    for index, place in enumerate(policy.places):
        where = ((place.header or "").lower(), place.query, place.cookie, place.web_socket_protocol)
        if where in seen:
            yield f"from[{index}]", "repeats an earlier place; remove one"
        seen.add(where)


def place_is_no_place_for_a_token(policy: JWTBlock) -> Iterator[tuple[str, str]]:
    for index, place in enumerate(policy.places):
        name = canonical(place.header or "")
        if name in RESERVED - {"authorization", "proxy-authorization"}:
            yield f"from[{index}].header", f"{place.header} can't carry a token; choose another header"


def claim_is_not_exactly_one(policy: JWTBlock) -> Iterator[tuple[str, str]]:
    for index, claim in enumerate(policy.allow.claims):
        if (claim.name is None) == (claim.path is None):
            yield f"allow.claims[{index}]", "must have exactly one of name and path"


def values_are_not_exactly_one(policy: JWTBlock) -> Iterator[tuple[str, str]]:
    for index, claim in enumerate(policy.allow.claims):
        if (claim.any_of is None) == (claim.all_of is None):
            yield f"allow.claims[{index}]", "must have exactly one of anyOf and allOf"


def number_is_beyond_comparing(policy: JWTBlock) -> Iterator[tuple[str, str]]:
    for index, claim in enumerate(policy.allow.claims):
        for name, values in (("anyOf", claim.any_of), ("allOf", claim.all_of)):
            for place, value in enumerate(values or ()):
                if scalar_text(value) is None:
                    yield f"allow.claims[{index}].{name}[{place}]", "is too large a number to compare; write a text"


def forwarded_claim_is_not_exactly_one(policy: JWTBlock) -> Iterator[tuple[str, str]]:
    for index, forward in enumerate(policy.forward_claims):
        if (forward.claim is None) == (forward.path is None):
            yield f"forwardClaims[{index}]", "must have exactly one of claim and path"


def lifetime_is_zero(policy: JWTBlock) -> Iterator[tuple[str, str]]:
    if policy.max_lifetime is not None and milliseconds(policy.max_lifetime) == 0:
        yield "maxLifetime", "must be longer than 0s, or no token would ever pass"


def anonymous_consumer_is_never_used(policy: JWTBlock) -> Iterator[tuple[str, str]]:
    if policy.anonymous_consumer is not None and policy.mode not in ("Optional", "Permissive"):
        yield "anonymousConsumer", f"has no effect with mode {policy.mode}; use Optional or Permissive, or remove it"


def forwarded_header_is_reserved(policy: JWTBlock) -> Iterator[tuple[str, str]]:
    for index, forward in enumerate(policy.forward_claims):
        if canonical(forward.header) in RESERVED:
            yield (
                f"forwardClaims[{index}].header",
                f"{forward.header} is set by the gateway or by HTTP itself; choose another",
            )


def forwarded_header_is_named_twice(policy: JWTBlock) -> Iterator[tuple[str, str]]:
    names = [canonical(forward.header) for forward in policy.forward_claims]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield f"forwardClaims[{index}].header", "repeats an earlier header; choose another"


def or_credentials_is_never_used(policy: JWTBlock) -> Iterator[tuple[str, str]]:
    if policy.or_credentials and not policy.token_issuers:
        yield "orCredentials", "has no effect without tokenIssuers; name some, or remove it"


POLICY_CHECKS = (
    place_is_not_exactly_one,
    scheme_is_of_no_header,
    place_is_named_twice,
    place_is_no_place_for_a_token,
    claim_is_not_exactly_one,
    values_are_not_exactly_one,
    number_is_beyond_comparing,
    forwarded_claim_is_not_exactly_one,
    lifetime_is_zero,
    anonymous_consumer_is_never_used,
    forwarded_header_is_reserved,
    forwarded_header_is_named_twice,
    or_credentials_is_never_used,
    protected_resource_is_without_issuers,
    scope_is_named_twice,
)
