"""The refusals of a policy, each with its challenge (RFC 6750, section 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from postern_core.snapshot import BEARER, Policy
from postern_dataplane.request.denials import (
    INVALID_TOKEN,
    ISSUER_UNAVAILABLE,
    MISSING_TOKEN,
    NOT_ALLOWED,
    Denial,
    DenialReason,
)

from .issuers import CompiledIssuer

# What is said of a token whose signature is good: nothing is learned from it by who forges one.
DESCRIBED = {
    DenialReason.EXPIRED: "The access token expired",
    DenialReason.NOT_ALLOWED: "The request requires higher privileges than provided by the access token",
}


def denials_of(entry: Policy) -> tuple[Denial, dict[DenialReason, Denial]]:
    """Those of a policy, as `policy_denials` returns them."""
    # RFC 9110, section 11.6.1: a challenge is for the field Authorization, whose scheme it names.
    named = (it.scheme for it in entry.places if (it.kind, it.name) == ("header", "authorization"))
    resource = entry.protected_resource
    scope = " ".join(resource.scopes) if resource else ""
    return policy_denials(entry.realm, next(named, BEARER), scope, describes=entry.describe_errors)


@lru_cache(maxsize=128)
def policy_denials(
    realm: str, scheme: str = BEARER, scope: str = "", *, describes: bool = False
) -> tuple[Denial, dict[DenialReason, Denial]]:
    """The answer to no token, and by reason to a refused one; most policies share a realm."""
    # RFC 6750, section 3: a request that lacks any authentication gets no error code.
    challenge = f'{scheme} realm="{_quoted(realm)}"'
    invalid = f'{challenge}, error="invalid_token"'
    denials = {reason: denial.with_challenge(invalid) for reason, denial in INVALID_TOKEN.items()}
    denials[ISSUER_UNAVAILABLE.reason] = ISSUER_UNAVAILABLE
    insufficient = f'{challenge}, error="insufficient_scope"'
    denials[NOT_ALLOWED.reason] = NOT_ALLOWED.with_challenge(insufficient)
    if describes:
        for reason, text in DESCRIBED.items():
            known = denials[reason]
            denials[reason] = known.with_challenge(f'{known.challenge}, error_description="{text}"')
    missing = MISSING_TOKEN.with_challenge(challenge)
    if scope:
        denials = {reason: _with_scope(denial, scope) for reason, denial in denials.items()}
        missing = _with_scope(missing, scope)
    return missing, denials


def _with_scope(denial: Denial, scope: str) -> Denial:
    return denial.with_challenge(f'{denial.challenge}, scope="{scope}"') if denial.challenge else denial


def hinting_denials(
    missing: Denial,
    denials: Mapping[DenialReason, Denial],
    entry: Policy,
    issuers: Mapping[str, CompiledIssuer] | None,
) -> dict[str, Denial]:
    """The answer to a token with an unknown key, by the id of its issuer; of those alone whose keys are fetched.

    Under a Permissive policy it is that to no token.
    """
    refusal = missing if entry.mode == "Permissive" else denials[DenialReason.UNKNOWN_KID]
    fetched = [row.entry.id for row in (issuers or {}).values() if row.entry.is_fetched]
    return {id_: replace(refusal, unknown_key_of=id_) for id_ in fetched}


def _quoted(realm: str) -> str:
    """RFC 9110, section 5.6.4: a backslash stands before what would end a quoted string."""
    return realm.replace("\\", "\\\\").replace('"', '\\"')
