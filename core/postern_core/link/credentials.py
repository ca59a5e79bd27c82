"""Consumers and JWTCredentials, resolved into the keys that verify tokens.

A credential that can't be resolved is left out, and so is a single bad key:
its tokens are then refused, and all other keys go on serving.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from postern_core.generated_secrets import is_generated_for
from postern_core.grants import KeyGrant, key_among, key_id
from postern_core.parse import Decoded, Parsed, is_a
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_core.resources.consumer import Consumer as ConsumerResource
from postern_core.resources.credential_keys import holder_of, issuer_of, keys_of, list_of
from postern_core.resources.jwt_credential import CredentialKeySpec, JWTCredential, JWTCredentialSpec
from postern_core.resources.kubernetes import UNMARKED_SECRETS_LABEL, USE_FOR_KEYS, USE_LABEL
from postern_core.snapshot import Consumer, Credential, Key
from postern_core.validators import Validators

from .bindings import unusable_issuer
from .fail_closed import recover_parent
from .key_rings import KeyRing, key_ring
from .keys import KeyClaim, settle_keys
from .materials import Holder, material_of
from .public_keys import Material
from .references import Missing, is_marked_for_keys
from .resource_index import ResourceIndex, age, namespace_ref
from .retained import NOTHING, Retained
from .revocations import revoked_digests
from .sizes import size_of, too_large

NO_FAULTS: frozenset[str] = frozenset()

# Of a status: its fields, by their names.
Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Linked:
    """A credential's entry, None when it can't serve, what is wrong, and what its status holds of its keys."""

    entry: Credential | None
    problems: tuple[Problem, ...] = ()
    size_bytes: int = 0
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CredentialRefs:
    """What a credential asks for and refers to: its key, its consumer, and what holds its keys and revoked ids.

    `issuer` is the one whose keys verify the tokens, None where the credential has its own.
    """

    claim: KeyClaim
    key: str
    consumer: Ref
    issuer: Ref | None
    holders: tuple[Ref | None, ...]
    revoked: Ref | None


@dataclass(frozen=True, slots=True)
class Related:
    """What a credential is linked with: the objects that it refers to, as they were found, and its Namespace.

    `held` are the holders of its keys, in order; `listed` is the list of its
    revoked ids; `faults` are the fields that a check found wrong.
    """

    held: tuple[Parsed | None, ...]
    namespace: Parsed | None
    listed: Parsed | None
    since: int
    faults: frozenset[str]


@dataclass(slots=True)
class Identities:
    """All callers and how they are known; beside each list, the bytes of its entries.

    `grants` say which credential has a key from now on; `facts` are what the status of some holds of their keys.
    """

    consumers: list[Consumer] = field(default_factory=list)
    consumer_sizes: list[int] = field(default_factory=list)
    credentials: list[Credential] = field(default_factory=list)
    credential_sizes: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    grants: dict[str, KeyGrant] = field(default_factory=dict)
    facts: dict[Ref, Facts] = field(default_factory=dict)


def link_identities(resources: ResourceIndex, held: Mapping[str, KeyGrant], retained: Retained = NOTHING) -> Identities:
    """Resolve all Consumers and JWTCredentials of all namespaces; `held` are the grants of keys so far."""
    memo = resources.memo
    found = Identities()
    for consumer in resources.valid_of(ConsumerResource):
        entry, size_bytes = memo.get_or_compute(_sized_consumer, consumer.ref, consumer)
        found.consumers.append(entry)
        found.consumer_sizes.append(size_bytes)
    candidates = resources.valid_of(JWTCredential)
    unaccepted = [parsed for parsed in resources.of_kind("JWTCredential") if parsed.ref not in resources.valid]
    needs = [memo.get_or_compute(_refs_of, parsed.ref, parsed) for parsed in candidates]
    uncertain = {parsed.ref for parsed in unaccepted}
    found.grants = settle_keys([needed.claim for needed in needs], held, uncertain, retained)
    for parsed, needed in zip(candidates, needs, strict=True):
        grant = found.grants[needed.claim.grant]
        linked = _link_once(parsed, needed, grant.since, resources)
        found.problems += linked.problems
        if linked.facts:
            found.facts[parsed.ref] = linked.facts
        if grant.credential != parsed.ref.name:
            found.problems.append(_conflict(parsed, needed, grant))
        elif linked.entry is not None:
            found.credentials.append(linked.entry)
            found.credential_sizes.append(linked.size_bytes)
    for broken in unaccepted:
        found.problems += _further_problems(broken, found.grants, resources)
    return found


def _further_problems(parsed: Parsed, grants: Mapping[str, KeyGrant], resources: ResourceIndex) -> list[Problem]:
    """What else is wrong with a credential that isn't accepted, as far as it can be read; it is never served."""
    if not is_a(parsed, JWTCredential):
        consumer = recover_parent(parsed)
        return [] if consumer is None else _without_consumer(parsed, consumer, resources)
    needed = _refs_of(parsed)
    problems = list(_link_once(parsed, needed, 0, resources).problems)
    grant = grants.get(needed.claim.grant)
    if grant is not None and grant.credential != parsed.ref.name:
        problems.append(_conflict(parsed, needed, grant))
    return problems


def _without_consumer(parsed: Parsed, consumer: Ref, resources: ResourceIndex) -> list[Problem]:
    problem = resources.reference_problem(consumer, Reason.CONSUMER_NOT_FOUND, parsed.ref, "spec.consumerRef")
    return [problem] if problem else []


def _sized_consumer(parsed: Decoded[ConsumerResource]) -> tuple[Consumer, int]:
    """The entry and its bytes, which the bounds of its fields keep below a tenth of what there may be."""
    spec, ref = parsed.resource.spec, parsed.ref
    entry = Consumer(
        id=ref.id, namespace=ref.namespace, name=ref.name, groups=tuple(spec.groups), custom_id=spec.custom_id
    )
    return entry, size_of(entry)


def _refs_of(parsed: Decoded[JWTCredential]) -> CredentialRefs:
    spec, namespace = parsed.resource.spec, parsed.ref.namespace
    key, issuer = spec.key or parsed.ref.name, issuer_of(parsed.ref, spec)
    claimed = key_among(issuer.id if issuer else "", key)
    return CredentialRefs(
        claim=KeyClaim(parsed.ref, claimed, key_id(namespace, claimed), age(parsed)),
        key=key,
        consumer=Ref("Consumer", namespace, spec.consumer_ref.name),
        issuer=issuer,
        holders=tuple(holder_of(key, namespace) for key in keys_of(parsed.ref, spec)),
        revoked=list_of(parsed.ref, spec),
    )


def _conflict(parsed: Parsed, needed: CredentialRefs, grant: KeyGrant) -> Problem:
    holder = Ref("JWTCredential", parsed.ref.namespace, grant.credential)
    message = f"{holder} has the key {needed.key!r} already; choose another key, or delete one of the two"
    return Problem(parsed.ref, Reason.CONFLICTED, "spec.key", message, (holder,))


def _link_once(parsed: Decoded[JWTCredential], needed: CredentialRefs, since: int, resources: ResourceIndex) -> Linked:
    held = tuple([resources.objects.get(holder) if holder else None for holder in needed.holders])
    listed = resources.objects.get(needed.revoked) if needed.revoked else None
    namespace = resources.objects.get(namespace_ref(parsed.ref.namespace))
    related = Related(held, namespace, listed, since, resources.faults.get(parsed.ref, NO_FAULTS))
    linked = resources.memo.get_or_compute(_link, parsed.ref, parsed, needed, related, resources.inspectors)
    unresolved = _without_consumer(parsed, needed.consumer, resources)
    if needed.issuer is not None:
        problem = unusable_issuer(parsed.ref, needed.issuer, "spec.issuerRef", resources)
        unresolved += [problem] if problem else []
    return Linked(None, (*unresolved, *linked.problems), facts=linked.facts) if unresolved else linked


def _link(parsed: Decoded[JWTCredential], needed: CredentialRefs, related: Related, inspectors: Validators) -> Linked:
    """Link a credential, with what it takes back, and refuse it where that can't be known or is too much."""
    linked = _link_credential(parsed, needed, related, inspectors)
    digests = revoked_digests(parsed, parsed.resource.spec.revoked, related.listed)
    if isinstance(digests, Problem):
        return Linked(None, (*linked.problems, digests), facts=linked.facts)
    if linked.entry is None:
        return linked
    entry = msgspec.structs.replace(linked.entry, revoked_digests=digests) if digests else linked.entry
    size_bytes = size_of(entry)
    problem = too_large(parsed.ref, "spec", size_bytes, "use shorter keys, or revoke by issuedBefore")
    if problem:
        return Linked(None, (*linked.problems, problem), facts=linked.facts)
    return Linked(entry, linked.problems, size_bytes, linked.facts)


def _link_credential(
    parsed: Decoded[JWTCredential], needed: CredentialRefs, related: Related, inspectors: Validators
) -> Linked:
    spec, ref, held = parsed.resource.spec, parsed.ref, related.held
    if needed.issuer is not None:
        return Linked(_credential_entry(parsed, needed, related.since, ()))
    if not spec.keys and held[0] is not None and not is_generated_for(held[0], parsed):
        return Linked(None, (_foreign_secret(parsed, held[0].ref),))
    entries: list[tuple[int, CredentialKeySpec, Material]] = []
    problems: list[Problem] = []
    for index, (key, holder, holding) in enumerate(zip(keys_of(parsed.ref, spec), needed.holders, held, strict=True)):
        at = _at(spec, index)
        if not related.faults.isdisjoint((at, f"{at}.secretRef")):
            continue  # A check has said what is wrong with its source.
        material = material_of(spec, key, Holder(holder, holding, related.namespace) if holder else None, inspectors)
        if isinstance(material, Missing):
            problems.append(Problem(ref, material.reason, at, material.message, _causes(holder)))
            continue
        if holding is not None and _is_unmarked(holding):
            problems.append(Problem(ref, Reason.WARNING, at, _unmarked(holding.ref), _causes(holding.ref)))
        entries.append((index, key, material))
    ring = key_ring(entries)
    problems += [
        Problem(ref, note.reason, _at(spec, index), note.message, _causes(needed.holders[index]))
        for index, note in ring.notes
    ]
    facts = _facts(spec, ring)
    if not ring.keys:
        return Linked(None, tuple(problems), facts=facts)
    return Linked(_credential_entry(parsed, needed, related.since, ring.keys), tuple(problems), facts=facts)


def _at(spec: JWTCredentialSpec, index: int) -> str:
    return f"spec.keys[{index}]" if spec.keys else "spec.keys"


def _facts(spec: JWTCredentialSpec, ring: KeyRing) -> Facts:
    """What only linking finds out of the keys; nothing where it is what the credential says itself."""
    ids = list(dict.fromkeys(key.id for key in ring.keys if key.id is not None))
    if not ring.passed_over and ids == [key.id for key in spec.keys if key.id is not None]:
        return {}
    return {"keyIDs": ids} | ({"keysPassedOver": ring.passed_over} if ring.passed_over else {})


def _foreign_secret(parsed: Parsed, holder: Ref) -> Problem:
    """Refuse a Secret that has the name of the generated one but was not generated: its key may be known to others."""
    message = (
        f"{holder} exists, but was not generated for this credential, so it is not used; "
        f"delete it, or label it with {USE_LABEL}={USE_FOR_KEYS} and name it in a secretRef"
    )
    return Problem(parsed.ref, Reason.CONFLICTED, "spec.keys", message, (holder,))


def _credential_entry(
    parsed: Decoded[JWTCredential], needed: CredentialRefs, since: int, keys: tuple[Key, ...]
) -> Credential:
    spec, ref = parsed.resource.spec, parsed.ref
    before = spec.revoked.issued_before
    return Credential(
        id=ref.id,
        namespace=ref.namespace,
        name=ref.name,
        created=parsed.created,
        consumer=needed.consumer.id,
        key=needed.key,
        algorithm="" if needed.issuer else spec.own_algorithm,
        keys=keys,
        revoked_jtis=tuple(sorted(set(spec.revoked.jtis))),
        issued_before=before.timestamp() if before else None,
        since=since,
        issuer=needed.issuer.id if needed.issuer else "",
    )


def _causes(holder: Ref | None) -> tuple[Ref, ...]:
    """What a key depends on; a Secret may be used by what its Namespace says."""
    if holder is None:
        return ()
    return (holder, namespace_ref(holder.namespace)) if holder.kind == "Secret" else (holder,)


def _is_unmarked(holding: Parsed) -> bool:
    return holding.ref.kind == "Secret" and not is_marked_for_keys(holding)


def _unmarked(holder: Ref) -> str:
    return (
        f"{holder} is used without a label, as namespace {holder.namespace} has the label {UNMARKED_SECRETS_LABEL}; "
        f"label the Secret with {USE_LABEL}={USE_FOR_KEYS}"
    )
