"""Each check of a token, in order: `verify` runs the list, and `explain` shows it.

A check is named as the violation that it looks for.  It returns the reason against the token, or None, and leaves in
the context what it found for the checks behind it.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from postern_core.algorithms import KEYS_TRIED_MAX, token_names
from postern_core.claim_values import media_type
from postern_core.revocation import is_among
from postern_core.snapshot import Consumer, Policy
from postern_dataplane.jwt.claim_checks import CLAIM_CHECKS, Check, ClaimsContext
from postern_dataplane.jwt.compact import MalformedToken, read_token
from postern_dataplane.jwt.keys import VerificationKey
from postern_dataplane.jwt.token import Token
from postern_dataplane.request.denials import DenialReason
from postern_dataplane.table.compiled import CompiledPolicy
from postern_dataplane.table.compiled_credential import CompiledCredential
from postern_dataplane.table.identity_headers import consumer_names
from postern_dataplane.table.issuers import CompiledIssuer, CredentialName

Credentials = dict[CredentialName, tuple[CompiledCredential, ...]]


class VerificationContext(ClaimsContext):
    """A token under a policy, and what its checks have found so far.

    `row` is the policy with what was prepared of it.
    `candidates` are the credentials with the claimed key that the policy admits.
    `signers` are those of them whose algorithm is the token's.
    `keys` are those that may still have signed the token, each with its credential: every check leaves fewer.
    `credential` and `key` verified its signature, and `consumer` is who calls.
    `issuer` is the one that `iss` names; without, it is a credential that verifies the token.
    `binding` is the credential that a claim of the issuer's token names, None where it finds callers otherwise.
    """

    __slots__ = (
        "binding", "candidates", "claimed_key", "consumer", "credential", "credentials", "issuer", "key", "keys", "row",
        "signers", "text", "token",
    )  # fmt: skip

    token: Token
    binding: CompiledCredential | None
    claimed_key: str
    candidates: list[CompiledCredential]
    signers: list[CompiledCredential]
    keys: list[tuple[CompiledCredential, VerificationKey]]
    credential: CompiledCredential
    consumer: Consumer
    key: VerificationKey

    issuer: Any  # a CompiledIssuer or None

    def __init__(self, text: str, row: CompiledPolicy, credentials: Credentials, now_s: float) -> None:
        self.text = text
        self.row = row
        self.policy = row.entry
        self.credentials = credentials
        self.now_s = now_s
        self.issuer = None


def token_is_malformed(context: VerificationContext) -> DenialReason | None:
    try:
        context.token = token = read_token(context.text)
    except MalformedToken:
        return DenialReason.MALFORMED_TOKEN
    context.claims = token.claims
    return None


def extension_is_critical(context: VerificationContext) -> DenialReason | None:
    # RFC 7515, section 4.1.11: none of the extensions is understood here, so the JWS is invalid.
    return DenialReason.UNSUPPORTED_CRIT if "crit" in context.token.header else None


def key_claim_is_missing(context: VerificationContext) -> DenialReason | None:
    claimed = context.claims.get(context.policy.key_claim)
    if not isinstance(claimed, str):
        return DenialReason.MISSING_KEY_CLAIM
    context.claimed_key = claimed
    return None


# There is nearly always one credential with one key.  For so few, a loop costs half of a comprehension,
# which is a call of its own in Python 3.11, and these run for every token that is seen for the first time.
# ruff: noqa: PERF401


def credential_is_unknown(context: VerificationContext) -> DenialReason | None:
    context.candidates = admitted = admitted_credentials(context.claimed_key, context)
    return None if admitted else DenialReason.UNKNOWN_CREDENTIAL


def admitted_credentials(name: CredentialName, context: VerificationContext) -> list[CompiledCredential]:
    """The credentials of this name that the policy admits, in the order in which they count."""
    policy = context.policy
    admitted: list[CompiledCredential] = []
    for row in context.credentials.get(name, ()):
        if policy.namespaces is None or row.entry.namespace in policy.namespaces:
            admitted.append(row)
    if len(admitted) > 1:
        # The policy's own namespace comes first; the sort is stable, so the others stay in their order, by age.
        admitted.sort(key=lambda row: row.entry.namespace != policy.namespace)
    return admitted


def algorithm_is_another(context: VerificationContext) -> DenialReason | None:
    algorithm = context.token.header["alg"]
    context.signers = signers = []
    for row in context.candidates:
        if row.entry.algorithm == algorithm or algorithm in token_names(row.entry.algorithm):
            signers.append(row)
    return None if signers else DenialReason.ALGORITHM_MISMATCH


def kid_is_unknown(context: VerificationContext) -> DenialReason | None:
    kid = context.token.header.get("kid")
    context.keys = keys = []
    for row in context.signers:
        for key in row.keys_for(kid):
            keys.append((row, key))
    return None if keys else DenialReason.UNKNOWN_KID


def keys_have_expired(context: VerificationContext) -> DenialReason | None:
    live: list[tuple[CompiledCredential, VerificationKey]] = []
    for row, key in context.keys:
        if key.is_live(context.now_s):
            live.append((row, key))
    # Each tenant may have a credential with the claimed key: no number of them makes a token dearer, and those that
    # come first, the policy's own namespace and then the oldest, are tried whatever others are added.
    context.keys = live[:KEYS_TRIED_MAX]
    return None if live else DenialReason.KEY_EXPIRED


def signature_is_bad(context: VerificationContext) -> DenialReason | None:
    for row, key in context.keys:
        if key.verifies(context.token):
            context.credential, context.key, context.consumer = row, key, row.consumer
            return None
    return DenialReason.BAD_SIGNATURE


def type_is_another(context: VerificationContext) -> DenialReason | None:
    return type_is_none_of(context.policy.require_type, context)


def type_is_none_of(types: tuple[str, ...], context: VerificationContext) -> DenialReason | None:
    """Whether the token's type is another than these; where there are none, any will do."""
    if not types:
        return None
    typ = context.token.header.get("typ")
    # RFC 9068, section 4: tokens "with any other typ value" are rejected.
    return None if isinstance(typ, str) and media_type(typ) in types else DenialReason.WRONG_TYPE


def token_is_revoked(context: VerificationContext) -> DenialReason | None:
    return is_revoked_by(context.credential, context)


def is_revoked_by(signer: CompiledCredential | CompiledIssuer, context: VerificationContext) -> DenialReason | None:
    """Whether a credential or an issuer has taken the token back."""
    entry = signer.entry
    if entry.revoked_jtis or entry.revoked_digests:
        jti = context.claims.get("jti")
        if jti is not None and not isinstance(jti, str):
            return DenialReason.INVALID_CLAIM
        if jti in signer.revoked_jtis or (jti is not None and is_among(jti, signer.revoked_digests)):
            return DenialReason.REVOKED
    if entry.issued_before is not None:
        iat = context.iat
        if iat is None or iat < entry.issued_before:
            return DenialReason.REVOKED
    return None


def consumer_is_not_allowed(context: VerificationContext) -> DenialReason | None:
    policy = context.policy
    if policy.allow_consumers or policy.allow_groups:
        name, groups = consumer_names(context.consumer, policy.namespace)
        if policy.allow_consumers and name not in policy.allow_consumers:
            return DenialReason.NOT_ALLOWED
        if policy.allow_groups and not any(group in policy.allow_groups for group in groups):
            return DenialReason.NOT_ALLOWED
    for test in context.row.allow_claims:
        if not test.holds(context.claims):
            return DenialReason.NOT_ALLOWED
    return None


STRUCTURE_CHECKS: tuple[Check[VerificationContext], ...] = (
    Check("it is a token", token_is_malformed),
    Check("it asks for no extension", extension_is_critical),
)
CREDENTIAL_CHECKS: tuple[Check[VerificationContext], ...] = (
    Check("it names a credential", key_claim_is_missing),
    Check("the credential is known", credential_is_unknown),
    Check("the algorithm is the credential's", algorithm_is_another),
    Check("a key may have signed it", kid_is_unknown),
    Check("a key is still live", keys_have_expired),
    Check("the signature is good", signature_is_bad),
    Check("its type is expected", type_is_another, ("require_type",)),
    *CLAIM_CHECKS,
    Check("it is not revoked", token_is_revoked),
    Check("its consumer is allowed", consumer_is_not_allowed, ("allow_consumers", "allow_groups", "allow_claims")),
)

CHECKS = STRUCTURE_CHECKS + CREDENTIAL_CHECKS

_EVERY = tuple(check.run for check in CHECKS)
_UNCONDITIONAL = tuple(check.run for check in CHECKS if not check.settings)
_settings_of = attrgetter(*(name for check in CHECKS for name in check.settings))
_UNSET = _settings_of(Policy(id="", namespace="", places=()))


def asks_for_more(policy: Policy) -> bool:
    """Whether a policy has any of the settings that checks need."""
    return bool(_settings_of(policy) != _UNSET)


def first_reason(context: VerificationContext) -> DenialReason | None:
    """The first reason of all `CHECKS`; those that need a setting are left out where the policy has none at all."""
    for run in _EVERY if asks_for_more(context.policy) else _UNCONDITIONAL:
        reason = run(context)
        if reason is not None:
            return reason
    return None
