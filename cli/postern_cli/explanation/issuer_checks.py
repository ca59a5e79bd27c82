"""What each check of an issuer's token compared, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from postern_core.snapshot import Consumer
from postern_dataplane.decision import issuer_checks
from postern_dataplane.decision.issuer_checks import IssuerContext
from postern_dataplane.jwt.claim_values import claim_at
from postern_dataplane.table.compiled_credential import CompiledCredential
from postern_dataplane.table.identity_headers import consumer_names
from postern_dataplane.table.issuers import NAME_CHARS_MAX

from .wording import listed, moment, shown


def _issuer(it: IssuerContext) -> str:
    named = it.row.issuers or {}
    if it.issuer is not None:
        if not it.issuer.entry.issuer:
            return f"iss is {shown(it.claims.get('iss'))}; that of {_name(it)} is not known yet, so it may be this one"
        return f"iss is that of {_name(it)}"
    known = listed(shown(issuer) for issuer in sorted(named)) or "none that is in force"
    return f"iss is {shown(it.claims.get('iss'))}; the issuers are {known}"


def _availability(it: IssuerContext) -> str:
    return it.issuer.entry.refusal or f"{_name(it)} has the keys {_keys(it)}"


def _algorithm(it: IssuerContext) -> str:
    return f"{_name(it)} has keys for {listed(sorted(it.issuer.keys))}"


def _key(it: IssuerContext) -> str:
    kid = it.token.kid
    if kid is None:
        return f"it has no kid, which only one key of {_name(it)} for its algorithm could do without: {_keys(it)}"
    return f"{_name(it)} has {_keys(it)}"


def _signature(it: IssuerContext) -> str:
    return f"the key is {shown(it.key.id)} of {_name(it)}" if it.key.id else f"the key is the one of {_name(it)}"


def _type(it: IssuerContext) -> str:
    wanted = it.issuer.entry.require_type
    return f"typ is {shown(it.token.header.get('typ'))}; requireType is {listed(wanted)}" if wanted else "any will do"


def _audience(it: IssuerContext) -> str:
    wanted = it.issuer.entry.audiences
    return f"aud is {shown(it.claims.get('aud'))}; audiences are {listed(wanted)}" if wanted else "any will do"


def _revocation(it: IssuerContext) -> str:
    before = it.issuer.entry.issued_before
    return "" if before is None else f"iat {moment(it.claims.get('iat'))}, issuedBefore {moment(before)}"


def _caller(it: IssuerContext) -> str:
    if it.issuer.entry.claim:
        return _binding(it)
    path = it.issuer.entry.name_from
    consumer = it.issuer.caller(it.claims)
    if consumer is None:
        wanted = f"is not printable ASCII of at most {NAME_CHARS_MAX} characters"
        return f"{'.'.join(path)} {wanted}" if path else "its Consumer is not there"
    return _consumer(it, consumer)


def _binding(it: IssuerContext) -> str:
    path = it.issuer.entry.claim
    key = claim_at(path, it.claims)
    said = f"{'.'.join(path)} is {shown(key)}"
    if it.binding is not None:
        return f"{said}, JWTCredential {_binding_name(it.binding)}: {_consumer(it, it.consumer)}"
    others = it.credentials.get((it.issuer.entry.id, key), ()) if isinstance(key, str) else ()
    if others:
        admitted = listed(it.policy.namespaces or ())
        return (
            f"{said}; {listed(map(_binding_name, others))}: of a namespace that is not admitted ({admitted} would be)"
        )
    return f"{said}; no JWTCredential with an issuerRef to {_name(it)} has this key"


def _binding_name(row: CompiledCredential) -> str:
    return f"{row.entry.namespace}/{row.entry.name}"


def _binding_revocation(it: IssuerContext) -> str:
    before = None if it.binding is None else it.binding.entry.issued_before
    return "" if before is None else f"iat {moment(it.claims.get('iat'))}, issuedBefore {moment(before)}"


def _consumer(it: IssuerContext, consumer: Consumer) -> str:
    name, groups = consumer_names(consumer, it.policy.namespace)
    return f"{name}, groups {listed(groups) or 'none'}"


def _keys(it: IssuerContext) -> str:
    return listed(shown(key.id) if key.id else "(no kid)" for key in it.issuer.entry.keys)


def _name(it: IssuerContext) -> str:
    return f"TokenIssuer {it.issuer.entry.namespace}/{it.issuer.entry.name}"


DETAILS: dict[Callable[[Any], object], Callable[[Any], str]] = {
    issuer_checks.issuer_is_unknown: _issuer,
    issuer_checks.issuer_is_unavailable: _availability,
    issuer_checks.algorithm_is_not_the_issuers: _algorithm,
    issuer_checks.issuer_key_is_unknown: _key,
    issuer_checks.issuer_signature_is_bad: _signature,
    issuer_checks.type_is_not_the_issuers: _type,
    issuer_checks.audience_is_not_the_issuers: _audience,
    issuer_checks.token_is_revoked_by_issuer: _revocation,
    issuer_checks.caller_is_not_named: _caller,
    issuer_checks.token_is_revoked_by_binding: _binding_revocation,
}
