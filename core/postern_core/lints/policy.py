"""What of a `jwt` block can never match, or lets in fewer than it looks like."""

from __future__ import annotations

import re
from collections.abc import Iterator

from postern_core.claim_values import scalar_text
from postern_core.resources.jwt_policy import JWTBlock

AT = "spec.auth.jwt"
# A dotted name as another gateway would write a path; one of a URL has slashes.
_DOTTED = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+")


def policy_lints(policy: JWTBlock, at: str = AT) -> Iterator[tuple[str, str]]:
    """What every lint of a policy finds."""
    for lint in POLICY_LINTS:
        for field, message in lint(policy):
            yield f"{at}.{field}", message


def disabled_policy_asks_for_more(policy: JWTBlock) -> Iterator[tuple[str, str]]:
    if policy.mode == "Disabled" and policy != JWTBlock(mode="Disabled"):
        message = "makes the requests public and looks at no token, so that nothing else in jwt has an effect"
        yield "mode", f"Disabled {message}; remove it, or use Required"


def claim_name_is_a_path(policy: JWTBlock) -> Iterator[tuple[str, str]]:
    named = [(f"allow.claims[{index}].name", one.name) for index, one in enumerate(policy.allow.claims)]
    named += [(f"forwardClaims[{index}].claim", one.claim) for index, one in enumerate(policy.forward_claims)]
    for field, name in named:
        if name is not None and _DOTTED.fullmatch(name):
            path = f"[{', '.join(name.split('.'))}]"
            message = f"write path: {path} for a member, or path: [{name}] for that one claim"
            yield field, f"is one claim with dots in its name, not a member of an object; {message}"


def value_is_a_whole_fraction(policy: JWTBlock) -> Iterator[tuple[str, str]]:
    for index, claim in enumerate(policy.allow.claims):
        for name, values in (("anyOf", claim.any_of), ("allOf", claim.all_of)):
            for place, value in enumerate(values or ()):
                if isinstance(value, float) and value.is_integer():
                    message = f'is the number {scalar_text(value)}; for a text such as a version write "{value}"'
                    yield f"allow.claims[{index}].{name}[{place}]", message


def mode_lets_nobody_in(policy: JWTBlock) -> Iterator[tuple[str, str]]:
    asks = policy.allow.consumers or policy.allow.groups or policy.allow.claims
    if policy.mode in ("Optional", "Permissive") and asks and policy.anonymous_consumer is None:
        message = "without an anonymousConsumer that passes allow; name one, or use Required"
        yield "mode", f"{policy.mode} lets no request without a good token in {message}"


POLICY_LINTS = (disabled_policy_asks_for_more, claim_name_is_a_path, value_is_a_whole_fraction, mode_lets_nobody_in)
