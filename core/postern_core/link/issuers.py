"""TokenIssuers, resolved into the keys that verify their tokens and who calls with one.

An issuer that can't be resolved refuses its own tokens with 503, and no other issuer's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from postern_core.claim_values import media_type
from postern_core.parse import Decoded, Parsed
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_core.resources.issuer_keys import issuer_facts, revocation_list
from postern_core.resources.token_issuer import TokenIssuer as TokenIssuerResource
from postern_core.resources.token_issuer import TokenIssuerSpec
from postern_core.snapshot import Policy
from postern_core.snapshot_issuers import TokenIssuer
from postern_core.validators import Validators

from .issuer_key_sets import KeyHolders, holders_of_keys, usable_keys
from .resource_index import ResourceIndex, age
from .revocations import revoked_digests
from .shares import Budget, beyond_share
from .sizes import shortened, size_of, too_large


@dataclass(frozen=True, slots=True)
class Resolved:
    """An issuer's entry with its bytes, and what is wrong."""

    entry: TokenIssuer
    problems: tuple[Problem, ...]
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Related:
    """What an issuer is linked with: what its keys come from, its list of revoked ids, and what is wrong.

    `unresolved` is the problem of the Consumer that it names.
    """

    keys: KeyHolders
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
            holders_of_keys(ref, spec, resources),
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
    found = usable_keys(parsed, related.keys, inspectors)
    entry = msgspec.structs.replace(_entry(ref, spec, found.issuer), keys=found.keys)
    problems = [it for it in (related.unresolved, found.problem) if it is not None]
    digests = revoked_digests(parsed, spec.revoked, related.listed)
    if isinstance(digests, Problem):
        problems.append(digests)
        digests = ""
    entry = msgspec.structs.replace(entry, revoked_digests=digests)
    problem = too_large(ref, "spec", size_of(entry), "use fewer keys, or revoke by issuedBefore")
    if problem:
        problems.append(problem)
    fatal = [it for it in problems if not it.is_warning]
    if fatal:
        entry = refused_issuer(entry, f"{ref}: {fatal[0].message}")
        problems = fatal
    return Resolved(entry, tuple(problems), size_of(entry))


def _entry(ref: Ref, spec: TokenIssuerSpec, named: str) -> TokenIssuer:
    callers, before = spec.callers, spec.revoked.issued_before
    return TokenIssuer(
        id=ref.id,
        namespace=ref.namespace,
        name=ref.name,
        issuer=spec.issuer or named,
        is_fetched=spec.keys.ref is None,
        audiences=tuple(sorted(spec.audiences)),
        require_type=tuple(sorted({media_type(it) for it in spec.require_type})),
        consumer=Ref("Consumer", ref.namespace, callers.consumer.name).id if callers.consumer else None,
        claim=callers.claim or (),
        name_from=callers.anyone.name_from if callers.anyone else (),
        groups_from=(callers.anyone.groups_from or ()) if callers.anyone else (),
        revoked_jtis=tuple(sorted(set(spec.revoked.jtis))),
        issued_before=before.timestamp() if before else None,
    )
