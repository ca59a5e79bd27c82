"""Each check of a token, with its outcome: the walk along `policy.auth.verify`.

Nothing is judged here: every outcome is what a function of the data plane says.
A token is never quoted, only what it claims.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from postern_core.revocation import DIGEST_BYTES, unpacked
from postern_core.snapshot import Policy
from postern_dataplane.decision.authenticate import (
    Credentials,
    Verified,
    candidates,
    consumer_is_not_allowed,
    find_signer,
    token_is_revoked,
    verify,
)
from postern_dataplane.jwt import claim_checks
from postern_dataplane.jwt.compact import MalformedToken, Token, read_token
from postern_dataplane.jwt.keys import VerificationKey
from postern_dataplane.request.denials import DenialReason
from postern_dataplane.table.compiled import CompiledCredential
from postern_dataplane.table.identity_headers import consumer_names

from .steps import Trace
from .wording import listed, moment, shown, span


class Examined:
    """A token under a policy; what follows from a sound token is asked for only once it is known to be one."""

    def __init__(self, text: str, policy: Policy, credentials: Credentials, now_s: float) -> None:
        self.text = text
        self.policy = policy
        self.credentials = credentials
        self.now_s = now_s

    @cached_property
    def verdict(self) -> Verified | DenialReason:
        return verify(self.text, self.policy, self.credentials, self.now_s)

    @cached_property
    def token(self) -> Token:
        return read_token(self.text)

    @property
    def claimed(self) -> str:
        return str(self.token.claims.get(self.policy.key_claim))

    @property
    def rows(self) -> tuple[CompiledCredential, ...]:
        return tuple(candidates(self.claimed, self.policy, self.credentials))

    @cached_property
    def signer(self) -> tuple[CompiledCredential, VerificationKey]:
        signed = find_signer(self.token, self.rows, self.now_s)
        assert not isinstance(signed, DenialReason)
        return signed


def check_token(walk: Trace, it: Examined) -> None:
    """Take every step of a token's check."""
    for reason, (title, detail) in SIGNATURE_STEPS.items():
        walk.check(title, lambda reason=reason: reason if it.verdict == reason else None, lambda of=detail: of(it))  # type: ignore[misc]
    for violation in claim_checks.CLAIM_CHECKS:
        title, detail = CLAIM_STEPS[violation]
        walk.check(
            title,
            lambda check=violation: check(it.token.claims, it.policy, it.now_s),  # type: ignore[misc]
            lambda of=detail: of(it),  # type: ignore[misc]
        )
    walk.check("it is not revoked", lambda: token_is_revoked(it.token, it.signer[0]), lambda: _revocation(it))
    walk.check(
        "its consumer is allowed",
        lambda: consumer_is_not_allowed(it.token, it.signer[0], it.policy),
        lambda: _permission(it),
    )


Detail = Callable[[Examined], str]


def _structure(it: Examined) -> str:
    try:
        header = it.token.header
    except MalformedToken as error:
        return f"it {error}"
    kid = "" if it.token.kid is None else f", kid {shown(it.token.kid)}"
    return f"alg {shown(header['alg'])}{kid}"


def _extensions(it: Examined) -> str:
    return f"crit {shown(it.token.header['crit'])}" if "crit" in it.token.header else ""


def _key_claim(it: Examined) -> str:
    return f"{it.policy.key_claim} is {shown(it.token.claims.get(it.policy.key_claim))}"


def _credential(it: Examined) -> str:
    if it.rows:
        return listed(_name(row) for row in it.rows)
    others = it.credentials.get(it.claimed, ())
    if others:
        admitted = listed(it.policy.namespaces or ())
        return f"{listed(_name(row) for row in others)}: of a namespace that is not admitted ({admitted} would be)"
    return "no credential in force has this key"


def _algorithm(it: Examined) -> str:
    return listed(f"{_name(row)} says {row.entry.algorithm}" for row in it.rows)


def _kid(it: Examined) -> str:
    if it.token.kid is None:
        return "it has no kid, so every live key is tried"
    return listed(f"{_name(row)} has {listed(key.id or '(no id)' for key in row.keys)}" for row in it.rows)


def _live(it: Examined) -> str:
    ends = [
        f"{_name(row)}: {moment(key.not_after)}" for row in it.rows for key in row.keys if key.not_after is not None
    ]
    return f"notAfter of {listed(ends)}" if ends else ""


def _signature(it: Examined) -> str:
    if it.verdict is DenialReason.BAD_SIGNATURE:
        return "made with another key, or the token was changed afterwards"
    return f"by {_name(it.signer[0])}"


def _name(row: CompiledCredential) -> str:
    return f"{row.entry.namespace}/{row.entry.name}"


# By the reason that the step gives, in the order in which `verify` goes.
SIGNATURE_STEPS: dict[DenialReason, tuple[str, Detail]] = {
    DenialReason.MALFORMED_TOKEN: ("it is a token", _structure),
    DenialReason.UNSUPPORTED_CRIT: ("it asks for no extension", _extensions),
    DenialReason.MISSING_KEY_CLAIM: ("it names a credential", _key_claim),
    DenialReason.UNKNOWN_CREDENTIAL: ("the credential is known", _credential),
    DenialReason.ALGORITHM_MISMATCH: ("the algorithm is the credential's", _algorithm),
    DenialReason.UNKNOWN_KID: ("the kid names a key", _kid),
    DenialReason.KEY_EXPIRED: ("a key is still live", _live),
    DenialReason.BAD_SIGNATURE: ("the signature is good", _signature),
}


def _dates(it: Examined) -> str:
    given = [name for name in ("exp", "nbf", "iat") if name in it.token.claims]
    return listed(f"{name} {moment(it.token.claims[name])}" for name in given) or "it has none"


def _date(name: str) -> Detail:
    def detail(it: Examined) -> str:
        leeway = f", leeway {span(it.policy.leeway_ms)}" if it.policy.leeway_ms else ""
        if name not in it.token.claims:
            return f"it has no {name}"
        return f"{name} {moment(it.token.claims[name])}, now {moment(it.now_s)}{leeway}"

    return detail


def _lifetime(it: Examined) -> str:
    if it.policy.max_lifetime_ms is None:
        return "no maxLifetime is configured"
    return f"exp {moment(it.token.claims.get('exp'))}, maxLifetime {span(it.policy.max_lifetime_ms)}"


def _issuer(it: Examined) -> str:
    return _asked("iss", it, it.policy.issuers, "issuers")


def _audience(it: Examined) -> str:
    return _asked("aud", it, it.policy.audiences, "audiences")


def _asked(name: str, it: Examined, wanted: tuple[str, ...], field: str) -> str:
    if not wanted:
        return f"no {field} are configured"
    return f"{name} is {shown(it.token.claims.get(name))}; {field} are {listed(wanted)}"


def _required(it: Examined) -> str:
    wanted = it.policy.required_claims
    missing = [name for name in wanted if it.token.claims.get(name) is None]
    if missing:
        return f"it lacks {listed(missing)}"
    return listed(wanted) or "no requiredClaims are configured"


CLAIM_STEPS: dict[claim_checks.Check, tuple[str, Detail]] = {
    claim_checks.date_is_no_number: ("its dates are numbers", _dates),
    claim_checks.token_has_expired: ("it has not expired", _date("exp")),
    claim_checks.token_is_not_valid_yet: ("it is valid already", _date("nbf")),
    claim_checks.lifetime_is_too_long: ("its lifetime is short enough", _lifetime),
    claim_checks.issuer_is_another: ("its issuer is expected", _issuer),
    claim_checks.audience_is_another: ("its audience is this one", _audience),
    claim_checks.claim_is_missing: ("it has the required claims", _required),
}


def _revocation(it: Examined) -> str:
    entry = it.signer[0].entry
    parts = []
    count = len(entry.revoked_jtis) + len(unpacked(entry.revoked_digests)) // DIGEST_BYTES
    if count:
        parts.append(f"jti is {shown(it.token.claims.get('jti'))}, {count} are revoked")
    if entry.issued_before is not None:
        parts.append(f"iat {moment(it.token.claims.get('iat'))}, issuedBefore {moment(entry.issued_before)}")
    return "; ".join(parts) or "nothing is revoked"


def _permission(it: Examined) -> str:
    name, groups = consumer_names(it.signer[0].consumer, it.policy.namespace)
    who = f"consumer {name}, groups {listed(groups) or 'none'}"
    policy = it.policy
    wanted = [f"{what} {listed(names)}" for what, names in _lists(policy) if names]
    wanted += [
        f"claim {match.name} (it is {shown(it.token.claims.get(match.name))}) with one of {listed(match.any_of)}"
        for match in policy.allow_claims
    ]
    return f"{who}; allowed: {'; '.join(wanted) or 'every consumer'}"


def _lists(policy: Policy) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return ("consumers", policy.allow_consumers), ("groups", policy.allow_groups)
