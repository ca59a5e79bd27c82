"""A `jwt` block, resolved into a policy of the snapshot."""

from __future__ import annotations

from dataclasses import dataclass

from postern_core.claim_values import media_type, scalar_text
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_core.resources.claims import AllowedClaim, ForwardedClaim
from postern_core.resources.jwt_policy import Allow, JWTBlock, TokenIssuerRef, block_path
from postern_core.resources.token_place import TokenPlace
from postern_core.resources.types import Scalar, milliseconds
from postern_core.snapshot import BEARER, Policy, TokenSource
from postern_core.snapshot_claims import ClaimMatch, ForwardClaim

from .bindings import unusable_issuer
from .resource_index import ResourceIndex
from .sizes import size_of, too_large


@dataclass(frozen=True, slots=True)
class LinkedPolicy:
    """What protects a route: a policy of so many bytes, nothing (both empty: public), or a refusal."""

    entry: Policy | None = None
    refusal: str = ""
    problems: tuple[Problem, ...] = ()
    size_bytes: int = 0


PUBLIC = LinkedPolicy()


def link_policy(owner: Ref, policy: JWTBlock, resources: ResourceIndex) -> LinkedPolicy:
    """Resolve the block that stands in `owner`, a Service, a Route or a JWTPolicy."""
    if policy.mode == "Disabled":
        return PUBLIC
    if policy.anonymous_consumer is not None:
        consumer = Ref("Consumer", owner.namespace, policy.anonymous_consumer.name)
        at = f"{block_path(owner.kind)}.anonymousConsumer"
        unresolved = resources.reference_problem(consumer, Reason.CONSUMER_NOT_FOUND, owner, at)
        if unresolved:
            return LinkedPolicy(None, f"anonymousConsumer: {unresolved.message}", (unresolved,))
    problem = _issuer_problem(owner, policy, resources)
    if problem:
        return LinkedPolicy(None, f"tokenIssuers: {problem.message}", (problem,))
    entry, size_bytes = resources.memo.get_or_compute(_sized_entry, owner, owner, policy)
    way_out = "shorten its lists, or allow groups instead of single names"
    wrong = too_large(owner, block_path(owner.kind), size_bytes, way_out)
    if wrong:
        return LinkedPolicy(None, wrong.message, (wrong,))
    return LinkedPolicy(entry, size_bytes=size_bytes)


def _issuer_problem(owner: Ref, policy: JWTBlock, resources: ResourceIndex) -> Problem | None:
    """Why the policy can't have its issuers."""
    known: dict[str, Ref] = {}
    for index, named in enumerate(policy.token_issuers):
        at, ref = f"{block_path(owner.kind)}.tokenIssuers[{index}]", _issuer_ref(owner, named)
        problem = unusable_issuer(owner, ref, at, resources)
        if problem:
            return problem
        other = known.setdefault(resources.issuers[ref].issuer, ref)
        if other != ref:
            message = f"has the same issuer as {other}, so that iss would name two; remove one of them"
            return Problem(owner, Reason.CONFLICTED, at, message, (ref, other))
    return None


def _issuer_ref(owner: Ref, named: TokenIssuerRef) -> Ref:
    return Ref("TokenIssuer", named.namespace or owner.namespace, named.name)


def _sized_entry(owner: Ref, policy: JWTBlock) -> tuple[Policy, int]:
    entry = _policy_entry(owner, policy)
    return entry, size_of(entry)


def _policy_entry(owner: Ref, policy: JWTBlock) -> Policy:
    anonymous = policy.anonymous_consumer
    return Policy(
        id=owner.id,
        namespace=owner.namespace,
        places=tuple(_place(place) for place in policy.places),
        mode=policy.mode,  # type: ignore[arg-type] # Disabled never comes here
        strip_credentials=policy.strip_credentials,
        key_claim=policy.key_claim,
        required_claims=tuple(policy.required_claims),
        leeway_ms=milliseconds(policy.leeway),
        max_lifetime_ms=None if policy.max_lifetime is None else milliseconds(policy.max_lifetime),
        issuers=tuple(policy.issuers),
        audiences=tuple(policy.audiences),
        realm=policy.realm,
        anonymous_consumer=anonymous.name if anonymous else None,
        allow_consumers=_seen_from(owner.namespace, policy.allow.consumers),
        allow_groups=_seen_from(owner.namespace, policy.allow.groups),
        allow_claims=tuple(_claim_match(claim) for claim in policy.allow.claims),
        namespaces=_namespaces(owner.namespace, policy.allow),
        forward_claims=tuple(_forward_claim(claim) for claim in policy.forward_claims),
        require_type=tuple(media_type(it) for it in policy.require_type),
        describe_errors=policy.error_description == "Coarse",
        token_issuers=tuple(sorted({_issuer_ref(owner, it).id for it in policy.token_issuers})),
        or_credentials=policy.or_credentials,
    )


def _claim_match(claim: AllowedClaim) -> ClaimMatch:
    name, path = _named(claim.name, claim.path)
    return ClaimMatch(name=name, any_of=_texts(claim.any_of), path=path, all_of=_texts(claim.all_of))


def _forward_claim(forward: ForwardedClaim) -> ForwardClaim:
    name, path = _named(forward.claim, forward.path)
    return ForwardClaim(
        claim=name, header=forward.header.lower(), path=path, join=forward.join or "", encoding=forward.encoding
    )


def _named(name: str | None, path: tuple[str, ...] | None) -> tuple[str, tuple[str, ...]]:
    """A claim's name, or a path of more than one member: a name is the path of one."""
    members = path or (str(name),)
    return (members[0], ()) if len(members) == 1 else ("", members)


def _texts(values: tuple[Scalar, ...] | None) -> tuple[str, ...]:
    return tuple(str(scalar_text(value)) for value in values or ())  # checked: each has a text


def _place(place: TokenPlace) -> TokenSource:
    if place.header is not None:
        scheme = place.scheme or BEARER
        return TokenSource(
            kind="header", name=place.header.lower(), scheme=BEARER if scheme.lower() == BEARER.lower() else scheme
        )
    if place.query is not None:
        return TokenSource(kind="query", name=place.query)
    if place.cookie is not None:
        return TokenSource(kind="cookie", name=place.cookie)
    return TokenSource(kind="protocol", name=str(place.web_socket_protocol))


def _seen_from(own: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Names as the policy's namespace sees them: its own without the namespace, in whichever way they were written."""
    return tuple(name.removeprefix(f"{own}/") for name in names)


def _namespaces(own: str, allow: Allow) -> tuple[str, ...] | None:
    if allow.namespaces == "All":
        return None
    others = () if allow.namespaces == "Same" else allow.namespaces
    return (own, *sorted(set(others) - {own}))
