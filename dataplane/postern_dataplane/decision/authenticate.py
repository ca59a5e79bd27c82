"""Whether a request's token is good, and whose it is.

The order of the checks is the order of this file: structure, credential,
algorithm, key, signature, claims, revocation, permission.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from postern_core.revocation import is_among
from postern_core.snapshot import Policy
from postern_dataplane.jwt.claim_checks import TRANSIENT, claim_matches, first_violation, numeric_date
from postern_dataplane.jwt.compact import MalformedToken, Token, read_token
from postern_dataplane.jwt.keys import VerificationKey
from postern_dataplane.request.denials import INVALID_TOKEN, Denial, DenialReason
from postern_dataplane.table.compiled import CompiledCredential, CompiledPolicy
from postern_dataplane.table.identity_headers import Identity, consumer_identity, consumer_names

from .token_extraction import REPEATED, ExtractedToken
from .verification_cache import TOKEN_BYTES_MAX, VerificationCache

Credentials = dict[str, tuple[CompiledCredential, ...]]

# How far a token came with a credential; of several, the furthest is the reason that is told.
_PROGRESS = (
    DenialReason.UNKNOWN_CREDENTIAL,
    DenialReason.ALGORITHM_MISMATCH,
    DenialReason.UNKNOWN_KID,
    DenialReason.KEY_EXPIRED,
    DenialReason.BAD_SIGNATURE,
)


class Verified(msgspec.Struct, frozen=True, gc=False):
    """A good token: whose it is, and until when that holds (seconds since the epoch)."""

    identity: Identity
    until: float


def authenticate(
    policy: CompiledPolicy,
    token: ExtractedToken,
    credentials: Credentials,
    cache: VerificationCache[Verified],
    *,
    now_s: float,
) -> tuple[Identity | Denial, float]:
    """Who calls with what was found, or why that is refused, and until when the same gets the same answer."""
    if token is None:
        return policy.anonymous or policy.missing, math.inf
    if token is REPEATED:
        reason = DenialReason.REPEATED_TOKEN
    else:
        verdict = _verify_cached(str(token), policy, credentials, cache, now_s)
        if isinstance(verdict, Verified):
            return verdict.identity, verdict.until
        reason = verdict
    until = 0.0 if reason in TRANSIENT else math.inf
    if is_passed_over(policy.entry, reason):
        return policy.anonymous or policy.missing, until
    return policy.denials[reason], until


def is_passed_over(policy: Policy, reason: DenialReason) -> bool:
    """Whether a token that is refused for this reason counts as none: if it is invalid, and the mode Permissive."""
    return policy.mode == "Permissive" and reason in INVALID_TOKEN


def _verify_cached(
    text: str, policy: CompiledPolicy, credentials: Credentials, cache: VerificationCache[Verified], now_s: float
) -> Verified | DenialReason:
    """The verdict about a token, from the cache where it still holds."""
    key = (policy.entry.id, text)
    good = cache.good.get(key)
    if good is not None and now_s < good.until:
        cache.hits += 1
        return good
    bad = cache.bad.get(key)
    if bad is not None:
        cache.hits += 1
        return bad
    cache.misses += 1
    verdict = verify(text, policy.entry, credentials, now_s)
    if len(text) <= TOKEN_BYTES_MAX:
        if isinstance(verdict, Verified):
            cache.good.put(key, verdict)
        elif verdict not in TRANSIENT:
            cache.bad.put(key, verdict)
    return verdict


def verify(text: str, policy: Policy, credentials: Credentials, now_s: float) -> Verified | DenialReason:
    """Check a token from the beginning to the end; returns the reason where it is refused."""
    try:
        token = read_token(text)
    except MalformedToken:
        return DenialReason.MALFORMED_TOKEN
    if "crit" in token.header:
        # RFC 7515, section 4.1.11: none of the extensions is understood here, so the JWS is invalid.
        return DenialReason.UNSUPPORTED_CRIT
    claimed = token.claims.get(policy.key_claim)
    if not isinstance(claimed, str):
        return DenialReason.MISSING_KEY_CLAIM
    signed = find_signer(token, candidates(claimed, policy, credentials), now_s)
    if isinstance(signed, DenialReason):
        return signed
    credential, key = signed
    reason = (
        first_violation(token.claims, policy, now_s)
        or token_is_revoked(token, credential)
        or consumer_is_not_allowed(token, credential, policy)
    )
    if reason is not None:
        return reason
    return Verified(_identity(token, credential, policy), _good_until(token, policy, key))


def _identity(token: Token, credential: CompiledCredential, policy: Policy) -> Identity:
    """Who the credential's consumer is to this policy; unless claims are a part of it, made once for each name."""
    if policy.forward_claims:
        return consumer_identity(credential.consumer, credential.entry.key, token.claims, policy)
    # By all that the policy decides of it, not by the policy's id: the credential may outlive what that stands for.
    name, _ = consumer_names(credential.consumer, policy.namespace)
    known = credential.identities.get(name)
    if known is None:
        known = credential.identities[name] = consumer_identity(credential.consumer, credential.entry.key, {}, policy)
    return known


def candidates(claimed: str, policy: Policy, credentials: Credentials) -> Sequence[CompiledCredential]:
    """The credentials with that key which the policy admits: its own namespace's first, then the oldest."""
    rows = credentials.get(claimed, ())
    admitted = [row for row in rows if policy.namespaces is None or row.entry.namespace in policy.namespaces]
    if len(admitted) > 1:
        admitted.sort(key=lambda row: row.entry.namespace != policy.namespace)
    return admitted


def find_signer(
    token: Token, rows: Sequence[CompiledCredential], now_s: float
) -> tuple[CompiledCredential, VerificationKey] | DenialReason:
    """The first credential and key with which the token verifies, or the reason why there is none."""
    furthest = DenialReason.UNKNOWN_CREDENTIAL
    for row in rows:
        found = _signing_key(token, row, now_s)
        if not isinstance(found, DenialReason):
            return row, found
        furthest = max(furthest, found, key=_PROGRESS.index)
    return furthest


def _signing_key(token: Token, row: CompiledCredential, now_s: float) -> VerificationKey | DenialReason:
    if token.header["alg"] != row.entry.algorithm:
        return DenialReason.ALGORITHM_MISMATCH
    kid = token.kid
    furthest = DenialReason.KEY_EXPIRED if kid is None else DenialReason.UNKNOWN_KID
    for key in row.keys:
        if kid is None or key.id == kid:
            is_live = key.is_live(now_s)
            if is_live and key.verifies(token):
                return key
            is_tried = is_live or furthest is DenialReason.BAD_SIGNATURE
            furthest = DenialReason.BAD_SIGNATURE if is_tried else DenialReason.KEY_EXPIRED
    return furthest


def token_is_revoked(token: Token, credential: CompiledCredential) -> DenialReason | None:
    """Whether its id or its age is among those that were taken back."""
    entry = credential.entry
    if credential.revoked_jtis or entry.revoked_digests:
        jti = token.claims.get("jti")
        if jti is not None and not isinstance(jti, str):
            return DenialReason.INVALID_CLAIM
        if jti in credential.revoked_jtis or (jti is not None and is_among(jti, credential.revoked_digests)):
            return DenialReason.REVOKED
    if entry.issued_before is not None:
        iat = numeric_date(token.claims.get("iat"))
        if iat is None or iat < entry.issued_before:
            return DenialReason.REVOKED
    return None


def consumer_is_not_allowed(token: Token, credential: CompiledCredential, policy: Policy) -> DenialReason | None:
    """Whether the policy's lists leave this consumer out."""
    if policy.allow_consumers or policy.allow_groups:
        name, groups = consumer_names(credential.consumer, policy.namespace)
        if policy.allow_consumers and name not in policy.allow_consumers:
            return DenialReason.NOT_ALLOWED
        if policy.allow_groups and not any(group in policy.allow_groups for group in groups):
            return DenialReason.NOT_ALLOWED
    for match in policy.allow_claims:
        if not claim_matches(match, token.claims):
            return DenialReason.NOT_ALLOWED
    return None


def _good_until(token: Token, policy: Policy, key: VerificationKey) -> float:
    exp = numeric_date(token.claims.get("exp"))
    end = math.inf if exp is None else exp + policy.leeway_ms / 1000
    return end if key.not_after is None else min(end, key.not_after)
