"""TokenIssuers, resolved into the keys that verify their tokens and who calls with one.

An issuer that can't be resolved refuses its own tokens with 503, and no other issuer's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from postern_core.algorithms import RSA_BITS_MIN, is_fit, token_names
from postern_core.claim_values import media_type
from postern_core.parse import Decoded, Parsed
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_core.resources.issuer_keys import issuer_facts, key_set_holder, revocation_list
from postern_core.resources.token_issuer import TokenIssuer as TokenIssuerResource
from postern_core.resources.token_issuer import TokenIssuerSpec
from postern_core.snapshot import Policy
from postern_core.snapshot_issuers import IssuerKey, TokenIssuer
from postern_core.validators import PublicKey, UnreadableKey, Validators

from .references import Missing, may_hold_keys, no_secret_for_keys, value_of
from .resource_index import ResourceIndex, age, namespace_ref
from .revocations import revoked_digests
from .shares import Budget, beyond_share
from .sizes import KEY_SET_BYTES_MAX, shortened, size_of, too_large

AT = "spec.keys"
REPEATED_KID = "different keys of the JWK Set have one kid, so none of them counts; have its issuer fix it"


@dataclass(frozen=True, slots=True)
class Resolved:
    """An issuer's entry with its bytes, and what is wrong."""

    entry: TokenIssuer
    problems: tuple[Problem, ...]
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Related:
    """What an issuer is linked with: what holds its keys, its Namespace, its list of revoked ids, and what is wrong.

    `unresolved` is the problem of the Consumer that it names.
    """

    holding: Parsed | None
    namespace: Parsed | None
    listed: Parsed | None
    unresolved: Problem | None


@dataclass(slots=True)
class Issuers:
    """What is wrong with TokenIssuers, and what their status holds of their keys; `sizes` are of their entries."""

    problems: list[Problem] = field(default_factory=list)
    facts: dict[Ref, Mapping[str, Any]] = field(default_factory=dict)
    sizes: dict[Ref, int] = field(default_factory=dict)


def link_issuers(resources: ResourceIndex, budget: Budget) -> Issuers:
    """Resolve all TokenIssuers that are accepted; `resources.issuers` has them from then on.

    Those for which their namespace's share has no room refuse their tokens.
    """
    found = Issuers()
    for parsed in resources.valid_of(TokenIssuerResource):
        spec, ref = parsed.resource.spec, parsed.ref
        listed = revocation_list(ref, spec)
        related = Related(
            resources.objects.get(key_set_holder(ref, spec)),
            resources.objects.get(namespace_ref(ref.namespace)),
            resources.objects.get(listed) if listed else None,
            _consumer_problem(parsed, resources),
        )
        resolved = resources.memo.get_or_compute(_resolve, ref, parsed, related, resources.inspectors)
        found.problems += resolved.problems
        entry = resolved.entry
        ids = list(dict.fromkeys(key.id for key in entry.keys if key.id is not None))
        found.facts[ref] = {**issuer_facts(ref, spec), "keyIDs": ids}
        found.sizes[ref] = resolved.size_bytes
        resources.issuers[ref] = entry
    _bound(found, resources, budget)
    return found


def _bound(issuers: Issuers, resources: ResourceIndex, budget: Budget) -> None:
    refs = list(issuers.sizes)
    lost = budget.beyond(
        refs, list(issuers.sizes.values()), lambda ref: ref.namespace, lambda ref: age(resources.objects[ref])
    )
    for ref in lost:
        refusal = f"{ref} is beyond the share of its namespace"
        resources.issuers[ref] = refused_issuer(resources.issuers[ref], refusal)
        issuers.problems.append(beyond_share(ref, budget.share, "its tokens get 503"))


def refused_issuer(entry: TokenIssuer, refusal: str) -> TokenIssuer:
    """What refuses the tokens of an issuer, and nothing else."""
    return TokenIssuer(
        id=entry.id, namespace=entry.namespace, name=entry.name, issuer=entry.issuer, refusal=shortened(refusal)
    )


def issuers_named_by(
    policies: Mapping[str, Policy], resources: ResourceIndex, retained: tuple[TokenIssuer, ...]
) -> list[TokenIssuer]:
    """The entries that these policies name; one that is not there verifies nothing."""
    named = {id_ for policy in policies.values() for id_ in policy.token_issuers}
    if not named:
        return []
    known = {it.id: it for it in retained} | {it.id: it for it in resources.issuers.values()}
    return [known[id_] for id_ in sorted(named) if id_ in known]


def _consumer_problem(parsed: Decoded[TokenIssuerResource], resources: ResourceIndex) -> Problem | None:
    consumer = parsed.resource.spec.callers.consumer
    if consumer is None:
        return None
    reference = Ref("Consumer", parsed.ref.namespace, consumer.name)
    return resources.reference_problem(reference, Reason.CONSUMER_NOT_FOUND, parsed.ref, "spec.callers.consumer")


def _resolve(parsed: Decoded[TokenIssuerResource], related: Related, inspectors: Validators) -> Resolved:
    spec, ref = parsed.resource.spec, parsed.ref
    entry = _entry(ref, spec)
    problems = [related.unresolved] if related.unresolved else []
    keys = _keys(parsed, related, inspectors)
    if isinstance(keys, Missing):
        problems.append(
            Problem(ref, keys.reason, AT, keys.message, (key_set_holder(ref, spec), namespace_ref(ref.namespace)))
        )
        keys = ((), False)
    digests = revoked_digests(parsed, spec.revoked, related.listed)
    if isinstance(digests, Problem):
        problems.append(digests)
        digests = ""
    entry = msgspec.structs.replace(entry, keys=keys[0], revoked_digests=digests)
    problem = too_large(ref, "spec", size_of(entry), "use fewer keys, or revoke by issuedBefore")
    if problem:
        problems.append(problem)
    if problems:
        entry = refused_issuer(entry, f"{ref}: {problems[0].message}")
    elif keys[1]:
        problems.append(Problem(ref, Reason.WARNING, AT, REPEATED_KID, (key_set_holder(ref, spec),)))
    return Resolved(entry, tuple(problems), size_of(entry))


def _entry(ref: Ref, spec: TokenIssuerSpec) -> TokenIssuer:
    callers, before = spec.callers, spec.revoked.issued_before
    return TokenIssuer(
        id=ref.id,
        namespace=ref.namespace,
        name=ref.name,
        issuer=spec.issuer,
        audiences=tuple(sorted(spec.audiences)),
        require_type=tuple(sorted({media_type(it) for it in spec.require_type})),
        consumer=Ref("Consumer", ref.namespace, callers.consumer.name).id if callers.consumer else None,
        claim=callers.claim or (),
        name_from=callers.anyone.name_from if callers.anyone else (),
        groups_from=(callers.anyone.groups_from or ()) if callers.anyone else (),
        revoked_jtis=tuple(sorted(set(spec.revoked.jtis))),
        issued_before=before.timestamp() if before else None,
    )


def _keys(
    parsed: Decoded[TokenIssuerResource], related: Related, inspectors: Validators
) -> tuple[tuple[IssuerKey, ...], bool] | Missing:
    """The keys that count, and whether some are left out because others have their kid."""
    spec, holding = parsed.resource.spec, related.holding
    holder, where = key_set_holder(parsed.ref, spec), spec.keys.ref.key
    if holder.kind == "Secret" and (holding is None or not may_hold_keys(holding, related.namespace)):
        return no_secret_for_keys(holder)
    value = value_of(holder, holding, where)
    if isinstance(value, Missing):
        return value
    unfit = Missing(
        Reason.INVALID_KEY_MATERIAL,
        f"{holder}, entry {where!r}: holds no JWK Set with a key for {', '.join(spec.algorithms)}; "
        "put the set there as the issuer publishes it, without private keys",
    )
    if len(value) > KEY_SET_BYTES_MAX:
        return unfit
    try:
        found = inspectors.read_public_keys(value.decode("utf-8", "replace"))
    except UnreadableKey:
        # Who may read this status need not be allowed to read what holds the set.
        return unfit
    keys = tuple(
        IssuerKey(material=it.pem, algorithms=algorithms, id=it.id)
        for it in found.keys
        if (algorithms := _algorithms(it, spec))
    )
    return (keys, bool(found.repeated)) if found.is_set and keys else unfit


def _algorithms(key: PublicKey, spec: TokenIssuerSpec) -> tuple[str, ...]:
    """Those of the issuer's algorithms that a key may verify."""
    if key.type == "RSA" and key.bits < RSA_BITS_MIN:
        return ()
    intended = None if key.algorithm is None else token_names(key.algorithm)
    return tuple(
        sorted(it for it in spec.algorithms if is_fit(key.type, key.bits, it) and (intended is None or it in intended))
    )
