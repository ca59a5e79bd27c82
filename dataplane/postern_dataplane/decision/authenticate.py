"""Whether a request's token is good, and whose it is.

The checks themselves are `token_checks.CHECKS`.
"""

from __future__ import annotations

import math

import msgspec

from postern_core.snapshot import Policy
from postern_dataplane.jwt.claim_checks import TRANSIENT
from postern_dataplane.request.denials import INVALID_TOKEN, Denial, DenialReason
from postern_dataplane.table.compiled import CompiledPolicy
from postern_dataplane.table.compiled_credential import CompiledCredential
from postern_dataplane.table.identity_headers import Identity, consumer_identity
from postern_dataplane.table.rate_limits import CountedClaims

from .extracted_token import ExtractedToken, TokenFound
from .issuer_checks import IssuerContext, denial_of_unknown_key, first_reason_by_issuer
from .token_checks import Credentials, VerificationContext, first_reason
from .verdict import Refused, Verified
from .verification_cache import TOKEN_BYTES_MAX, VerificationCache

Verifications = VerificationCache[Verified, Refused]
_REFUSED = {reason: Refused(reason) for reason in DenialReason}


def authenticate(
    policy: CompiledPolicy,
    token: ExtractedToken,
    credentials: Credentials,
    cache: Verifications,
    *,
    now_s: float,
    counted: CountedClaims | None = None,
) -> tuple[Denial | None, Identity | None, float]:
    """Why the request may not pass, who calls, and until when the same token gets the same answer.

    Who calls is known of a refused one too where its token is good, and there is a log.
    The identity has the keys of the `counted` claims.
    """
    if token is None:
        return _without_token(policy, math.inf)
    if isinstance(token, TokenFound):
        verdict = _verify_cached(token.text, policy, credentials, cache, now_s=now_s, counted=counted)
    else:
        verdict = _REFUSED[DenialReason.REPEATED_TOKEN]
    if isinstance(verdict, Verified):
        return None, verdict.identity, verdict.until
    if verdict.denial is not None:
        return verdict.denial, None, math.inf
    until = 0.0 if verdict.reason in TRANSIENT else math.inf
    if is_passed_over(policy.entry, verdict.reason):
        return _without_token(policy, until)
    return policy.denials[verdict.reason], verdict.identity, until


def _without_token(policy: CompiledPolicy, until: float) -> tuple[Denial | None, Identity | None, float]:
    return None if policy.anonymous else policy.missing, policy.anonymous, until


def is_passed_over(policy: Policy, reason: DenialReason) -> bool:
    """Whether a token that is refused for this reason counts as none: if it is invalid, and the mode Permissive."""
    return policy.mode == "Permissive" and reason in INVALID_TOKEN


def _verify_cached(
    text: str,
    policy: CompiledPolicy,
    credentials: Credentials,
    cache: Verifications,
    *,
    now_s: float,
    counted: CountedClaims | None,
) -> Verified | Refused:
    """The verdict about a token, from the cache where it still holds."""
    key = (policy.entry.id if counted is None else counted.scope, text)
    good = cache.good.get(key)
    if good is not None and now_s < good.until:
        cache.hits += 1
        return good
    bad = cache.bad.get(key)
    if bad is not None:
        cache.hits += 1
        return bad
    cache.misses += 1
    verdict = verify(text, policy, credentials, now_s, counted)
    if len(text) <= TOKEN_BYTES_MAX:
        if isinstance(verdict, Verified):
            cache.good.put(key, verdict)
        elif verdict.reason not in TRANSIENT:
            cache.bad.put(key, verdict)
    return verdict


def verify(
    text: str, policy: CompiledPolicy, credentials: Credentials, now_s: float, counted: CountedClaims | None = None
) -> Verified | Refused:
    """Check a token from the beginning to the end."""
    context: VerificationContext
    if policy.issuers is None:
        context = VerificationContext(text, policy, credentials, now_s)
        reason = first_reason(context)
    else:
        context = IssuerContext(text, policy, credentials, now_s)
        reason = first_reason_by_issuer(context)
        if reason is not None and (denial := denial_of_unknown_key(context, reason)) is not None:
            return Refused(reason, denial=denial)
    if reason is None:
        return Verified(_identity(context, counted), _good_until(context))
    if reason is DenialReason.NOT_ALLOWED and policy.logged is not None:
        # The last of all checks: the token is good.
        return Refused(reason, _identity(context, None))
    return _REFUSED[reason]


def _identity(context: VerificationContext, counted: CountedClaims | None) -> Identity:
    """Who calls, with what is counted and logged of the token where there is a limit or a log."""
    credential = context.credential if context.issuer is None else context.binding
    identity, logged = _caller(context, credential), context.row.logged
    if counted is not None:
        identity = msgspec.structs.replace(identity, claims=counted.keys(context.claims))
    if logged is None:
        return identity
    # A token of an issuer need not name a credential; the log has its `iss`.
    entry = credential.entry if credential is not None else None
    return msgspec.structs.replace(
        identity, token=logged.of(f"{entry.namespace}/{entry.name}" if entry else "", context.claims)
    )


def _caller(context: VerificationContext, credential: CompiledCredential | None) -> Identity:
    """The caller as this policy sees it, with the claims that it forwards.

    What identifies the signer is the credential's key, or without one the name of the issuer.
    """
    namespace, headers = context.policy.namespace, context.row.forward_claims
    if not headers:
        if credential is not None:
            return credential.identity(namespace)
        issued: Identity = context.issuer.identity(context.consumer, namespace)
        return issued
    forwarded = [(it.name, value) for it in headers if (value := it.value(context.claims)) is not None]
    signer = context.issuer.entry.name if credential is None else credential.entry.key
    return consumer_identity(context.consumer, signer, namespace, forwarded)


def _good_until(context: VerificationContext) -> float:
    exp = context.exp
    end = math.inf if exp is None else exp + context.policy.leeway_ms / 1000
    not_after = context.key.not_after
    return end if not_after is None else min(end, not_after)
