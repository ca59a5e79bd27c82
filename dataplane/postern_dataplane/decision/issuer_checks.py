"""The checks of a token under a policy that names token issuers, in order.

`iss` picks one issuer by equality, and nothing but its keys is tried.  `iss` and `kid` are read before the signature is
verified, so nothing follows from them but which key must have made it.
"""

from __future__ import annotations

from postern_dataplane.jwt.claim_checks import CLAIM_CHECKS, Check
from postern_dataplane.jwt.claim_values import claim_at
from postern_dataplane.request.denials import Denial, DenialReason
from postern_dataplane.table.issuers import CompiledIssuer

from .token_checks import (
    CREDENTIAL_CHECKS,
    STRUCTURE_CHECKS,
    VerificationContext,
    admitted_credentials,
    asks_for_more,
    consumer_is_not_allowed,
    is_revoked_by,
    type_is_another,
    type_is_none_of,
)


class IssuerContext(VerificationContext):
    """A token whose `issuer` is known; only the check that refuses all others sees it without."""

    __slots__ = ()

    issuer: CompiledIssuer


def issuer_is_unknown(context: VerificationContext) -> DenialReason | None:
    return DenialReason.WRONG_ISSUER if context.issuer is None else None


def issuer_is_unavailable(context: IssuerContext) -> DenialReason | None:
    entry = context.issuer.entry
    return DenialReason.ISSUER_UNAVAILABLE if entry.refusal or not entry.issuer else None


def algorithm_is_not_the_issuers(context: IssuerContext) -> DenialReason | None:
    return None if context.token.header["alg"] in context.issuer.keys else DenialReason.ALGORITHM_MISMATCH


def issuer_key_is_unknown(context: IssuerContext) -> DenialReason | None:
    # OpenID Connect Core 1.0, section 10.1: with several keys in the set, "a kid value MUST be provided".
    keys = context.issuer.keys[context.token.header["alg"]].get(context.token.kid, ())
    if len(keys) != 1:
        return DenialReason.UNKNOWN_KID
    context.key = keys[0]
    return None


def issuer_signature_is_bad(context: IssuerContext) -> DenialReason | None:
    return None if context.key.verifies(context.token) else DenialReason.BAD_SIGNATURE


def type_is_not_the_issuers(context: IssuerContext) -> DenialReason | None:
    return type_is_none_of(context.issuer.entry.require_type, context)


def audience_is_not_the_issuers(context: IssuerContext) -> DenialReason | None:
    audiences, aud = context.issuer.audiences, context.claims.get("aud")
    named = aud if isinstance(aud, list) else [aud]
    is_meant = not audiences or any(isinstance(it, str) and it in audiences for it in named)
    return None if is_meant else DenialReason.WRONG_AUDIENCE


def token_is_revoked_by_issuer(context: IssuerContext) -> DenialReason | None:
    return is_revoked_by(context.issuer, context)


def caller_is_not_named(context: IssuerContext) -> DenialReason | None:
    context.binding = None
    if context.issuer.entry.claim:
        return _binding_is_unknown(context)
    consumer = context.issuer.caller(context.claims)
    if consumer is None:
        return DenialReason.INVALID_CLAIM
    context.consumer = consumer
    return None


def _binding_is_unknown(context: IssuerContext) -> DenialReason | None:
    issuer = context.issuer.entry
    key = claim_at(issuer.claim, context.claims)
    if not isinstance(key, str):
        return DenialReason.MISSING_KEY_CLAIM
    admitted = admitted_credentials((issuer.id, key), context)
    if not admitted:
        return DenialReason.UNKNOWN_CREDENTIAL
    context.binding = admitted[0]
    context.consumer = admitted[0].consumer
    return None


def token_is_revoked_by_binding(context: IssuerContext) -> DenialReason | None:
    return None if context.binding is None else is_revoked_by(context.binding, context)


# With a key of a new type comes its algorithm too.
_OF_A_NEW_KEY = frozenset({DenialReason.UNKNOWN_KID, DenialReason.ALGORITHM_MISMATCH})


def denial_of_unknown_key(context: VerificationContext, reason: DenialReason) -> Denial | None:
    """The answer to a token whose `kid` is that of no key of its issuer, None where it is refused for something else.

    Also where nothing follows from it: the keys are not fetched, or such a token passes as none.
    """
    issuer = context.issuer
    if reason not in _OF_A_NEW_KEY or issuer is None or context.token.kid is None or context.token.kid in issuer.kids:
        return None
    return context.row.unknown_keys.get(issuer.entry.id)


ISSUER_CHECKS: tuple[Check[IssuerContext], ...] = (
    Check("its issuer is one of the policy's", issuer_is_unknown),
    Check("the keys of the issuer are there", issuer_is_unavailable),
    Check("the algorithm is one of the issuer's", algorithm_is_not_the_issuers),
    Check("a key of the issuer may have signed it", issuer_key_is_unknown),
    Check("the signature is good", issuer_signature_is_bad),
    Check("its type is the issuer's", type_is_not_the_issuers),
    Check("its type is expected", type_is_another, ("require_type",)),
    *CLAIM_CHECKS,
    Check("its audience is the issuer's", audience_is_not_the_issuers),
    Check("it is not revoked", token_is_revoked_by_issuer),
    Check("it says who calls", caller_is_not_named),
    Check("its credential has not revoked it", token_is_revoked_by_binding),
    Check("its consumer is allowed", consumer_is_not_allowed, ("allow_consumers", "allow_groups", "allow_claims")),
)

_STRUCTURE = tuple(check.run for check in STRUCTURE_CHECKS)
_ISSUER = tuple(check.run for check in ISSUER_CHECKS)
_ISSUER_UNCONDITIONAL = tuple(check.run for check in ISSUER_CHECKS if not check.settings)
_CREDENTIAL = tuple(check.run for check in CREDENTIAL_CHECKS)


def pick_issuer(context: VerificationContext) -> bool:
    """Find the issuer of a token that could be read; False where only a credential can have its key."""
    issuers, issuer = context.row.issuers, context.claims.get("iss")
    if issuers is None:
        return False
    # While the `iss` of one is unknown, each token that is none of the others' may be its: that one refuses them all,
    # so that none passes as a stranger's or as that of a credential.
    context.issuer = (issuers.get(issuer) or issuers.get("")) if isinstance(issuer, str) else None
    return context.issuer is not None or not context.policy.or_credentials


def first_reason_by_issuer(context: IssuerContext) -> DenialReason | None:
    """The first reason against a token, under a policy that names issuers."""
    for structure in _STRUCTURE:
        reason = structure(context)
        if reason is not None:
            return reason
    issuers = _ISSUER if asks_for_more(context.policy) else _ISSUER_UNCONDITIONAL
    for run in issuers if pick_issuer(context) else _CREDENTIAL:
        reason = run(context)
        if reason is not None:
            return reason
    return None
