"""The checks of a token with their outcomes and details: a walk along the data plane's own list.

Nothing is judged here: every outcome is what a check of the data plane returns.
A token is never quoted, only what it claims.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from postern_core.algorithms import KEYS_TRIED_MAX
from postern_core.revocation import DIGEST_BYTES, unpacked
from postern_core.snapshot import Policy
from postern_core.snapshot_claims import ClaimMatch
from postern_dataplane.decision import token_checks
from postern_dataplane.decision.issuer_checks import ISSUER_CHECKS, pick_issuer
from postern_dataplane.decision.token_checks import CREDENTIAL_CHECKS, STRUCTURE_CHECKS, VerificationContext
from postern_dataplane.jwt import claim_checks
from postern_dataplane.jwt.claim_checks import Check
from postern_dataplane.jwt.claim_values import claim_at
from postern_dataplane.jwt.compact import MalformedToken, read_token
from postern_dataplane.table.compiled_credential import CompiledCredential
from postern_dataplane.table.identity_headers import consumer_names

from .issuer_checks import DETAILS as ISSUER_DETAILS
from .secret_spellings import other_spelling
from .steps import Trace
from .wording import listed, moment, shown, span

Detail = Callable[[VerificationContext], str]


def check_token(walk: Trace, it: VerificationContext) -> None:
    """Make every check of a token, each a step with the detail that belongs to it."""
    for check in STRUCTURE_CHECKS:
        _walk(walk, it, check)
    # A token that could not be read names no issuer; the steps are skipped then.
    is_issuers = it.row.issuers is not None if walk.reason is not None else pick_issuer(it)
    for later in ISSUER_CHECKS if is_issuers else CREDENTIAL_CHECKS:
        _walk(walk, it, later)


def _walk(walk: Trace, it: VerificationContext, check: Check[Any]) -> None:
    walk.check(check.title, lambda: check.run(it), lambda: DETAILS[check.run](it))


def _structure(it: VerificationContext) -> str:
    try:
        token = read_token(it.text)
    except MalformedToken as error:
        return f"it {error}"
    kid = "" if token.kid is None else f", kid {shown(token.kid)}"
    return f"alg {shown(token.header['alg'])}{kid}"


def _extensions(it: VerificationContext) -> str:
    return f"crit {shown(it.token.header['crit'])}" if "crit" in it.token.header else ""


def _key_claim(it: VerificationContext) -> str:
    return f"{it.policy.key_claim} is {shown(it.claims.get(it.policy.key_claim))}"


def _credential(it: VerificationContext) -> str:
    if it.candidates:
        return listed(_name(row) for row in it.candidates)
    others = it.credentials.get(it.claimed_key, ())
    if others:
        admitted = listed(it.policy.namespaces or ())
        return f"{listed(_name(row) for row in others)}: of a namespace that is not admitted ({admitted} would be)"
    return "no credential in force has this key"


def _algorithm(it: VerificationContext) -> str:
    return listed(f"{_name(row)} says {row.entry.algorithm}" for row in it.candidates)


def _kid(it: VerificationContext) -> str:
    kid = it.token.kid
    ids = listed(f"{_name(row)} has {listed(key.id or '(no id)' for key in row.keys)}" for row in it.signers)
    if not it.keys:
        many = any(len(row.keys) > KEYS_TRIED_MAX for row in it.signers)
        return f"{ids}; without a kid that names one, no more than {KEYS_TRIED_MAX} are tried" if many else ids
    if kid is None:
        return "it has no kid, so every live key is tried"
    return (
        ids
        if any(key.id == kid for _, key in it.keys)
        else f"{ids}; no key has this kid, so those without id are tried"
    )


def _live(it: VerificationContext) -> str:
    ends = [
        f"{_name(row)}: {moment(key.not_after)}"
        for row in it.candidates
        for key in row.keys
        if key.not_after is not None
    ]
    return f"notAfter of {listed(ends)}" if ends else ""


def _signature(it: VerificationContext) -> str:
    if not hasattr(it, "credential"):
        hints = [hint for row, key in it.keys if (hint := other_spelling(it.token, row.entry, key.id))]
        return "; ".join(hints) or "made with another key, or the token was changed afterwards"
    return f"by {_name(it.credential)}"


def _name(row: CompiledCredential) -> str:
    return f"{row.entry.namespace}/{row.entry.name}"


def _type(it: VerificationContext) -> str:
    wanted = it.policy.require_type
    return f"typ is {shown(it.token.header.get('typ'))}; requireType is {listed(wanted)}" if wanted else "any will do"


def _dates(it: VerificationContext) -> str:
    given = [name for name in ("exp", "nbf", "iat") if name in it.claims]
    return listed(f"{name} {moment(it.claims[name])}" for name in given) or "it has none"


def _date(name: str) -> Detail:
    def detail(it: VerificationContext) -> str:
        leeway = f", leeway {span(it.policy.leeway_ms)}" if it.policy.leeway_ms else ""
        if name not in it.claims:
            return f"it has no {name}"
        return f"{name} {moment(it.claims[name])}, now {moment(it.now_s)}{leeway}"

    return detail


def _lifetime(it: VerificationContext) -> str:
    if it.policy.max_lifetime_ms is None:
        return "no maxLifetime is configured"
    return f"exp {moment(it.claims.get('exp'))}, maxLifetime {span(it.policy.max_lifetime_ms)}"


def _issuer(it: VerificationContext) -> str:
    return _asked("iss", it, it.policy.issuers, "issuers")


def _audience(it: VerificationContext) -> str:
    return _asked("aud", it, it.policy.audiences, "audiences")


def _asked(name: str, it: VerificationContext, wanted: tuple[str, ...], field: str) -> str:
    if not wanted:
        return f"no {field} are configured"
    return f"{name} is {shown(it.claims.get(name))}; {field} are {listed(wanted)}"


def _required(it: VerificationContext) -> str:
    wanted = it.policy.required_claims
    missing = [name for name in wanted if it.claims.get(name) is None]
    if missing:
        return f"it lacks {listed(missing)}"
    return listed(wanted) or "no requiredClaims are configured"


def _revocation(it: VerificationContext) -> str:
    entry = it.credential.entry
    parts = []
    count = len(entry.revoked_jtis) + len(unpacked(entry.revoked_digests)) // DIGEST_BYTES
    if count:
        parts.append(f"jti is {shown(it.claims.get('jti'))}, {count} are revoked")
    if entry.issued_before is not None:
        parts.append(f"iat {moment(it.claims.get('iat'))}, issuedBefore {moment(entry.issued_before)}")
    return "; ".join(parts) or "nothing is revoked"


def _permission(it: VerificationContext) -> str:
    name, groups = consumer_names(it.consumer, it.policy.namespace)
    who = f"consumer {name}, groups {listed(groups) or 'none'}"
    policy = it.policy
    wanted = [f"{what} {listed(names)}" for what, names in _lists(policy) if names]
    wanted += [_claim(match, it) for match in policy.allow_claims]
    return f"{who}; allowed: {'; '.join(wanted) or 'every consumer'}"


def _claim(match: ClaimMatch, it: VerificationContext) -> str:
    """What a claim is, and what it must hold; the members of a path stand in the order in which they are walked."""
    path = match.path or (match.name,)
    name = match.name or f"[{', '.join(path)}]"
    wanted = f"all of {listed(match.all_of)}" if match.all_of else f"one of {listed(match.any_of)}"
    return f"claim {name} (it is {shown(claim_at(path, it.claims))}) with {wanted}"


def _lists(policy: Policy) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return ("consumers", policy.allow_consumers), ("groups", policy.allow_groups)


# By the check's function: what it compared, in words.
DETAILS: dict[Callable[[Any], object], Detail] = {
    token_checks.token_is_malformed: _structure,
    token_checks.extension_is_critical: _extensions,
    token_checks.key_claim_is_missing: _key_claim,
    token_checks.credential_is_unknown: _credential,
    token_checks.algorithm_is_another: _algorithm,
    token_checks.kid_is_unknown: _kid,
    token_checks.keys_have_expired: _live,
    token_checks.signature_is_bad: _signature,
    token_checks.type_is_another: _type,
    claim_checks.date_is_no_number: _dates,
    claim_checks.token_has_expired: _date("exp"),
    claim_checks.token_is_not_valid_yet: _date("nbf"),
    claim_checks.lifetime_is_too_long: _lifetime,
    claim_checks.issuer_is_another: _issuer,
    claim_checks.audience_is_another: _audience,
    claim_checks.claim_is_missing: _required,
    token_checks.token_is_revoked: _revocation,
    token_checks.consumer_is_not_allowed: _permission,
    **ISSUER_DETAILS,
}
