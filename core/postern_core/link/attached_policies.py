"""JWTPolicies, resolved: which one protects an Ingress, and what becomes of its paths where that can't be known.

Rules of this file:
1. One policy protects an Ingress, whole: the one that its annotation names, or else the oldest that targets it.
2. A policy that can't be used keeps its place in that order and refuses; nothing
   falls back to a looser one, or to none.  One whose targets can't be read targets every Ingress of its namespace.
3. An annotation of ours that isn't known refuses, as it may have been meant to protect; so does one that says
   jwt-policy below another name than ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from postern_core.parse import Parsed, is_a
from postern_core.problems import Problem, Reason, printable
from postern_core.ref import Ref
from postern_core.resources.jwt_policy_kind import JWTPolicy
from postern_core.snapshot import Policy

from .fail_closed import recover_forwarded_headers, recover_targets
from .forwarded_headers import ForwardedHeaders
from .ingress_classes import class_of
from .ingress_settings import SETTINGS
from .policies import LinkedPolicy, link_policy
from .resource_index import ResourceIndex, age

OUR_ANNOTATIONS = "postern.dev/"
POLICY_ANNOTATION = "postern.dev/jwt-policy"
# Every annotation of an Ingress that means something here.
KNOWN_ANNOTATIONS = frozenset({POLICY_ANNOTATION}) | SETTINGS


@dataclass(frozen=True, slots=True)
class Attachment:
    """What protects an Ingress: a policy, nothing (both empty: public), or a refusal of all its paths.

    `problems` are the Ingress's own.  `clean_headers` are those that policies of its namespace set, which no client
    may set on any of its paths, protected or not.
    """

    policy: Policy | None = None
    refusal: str = ""
    problems: tuple[Problem, ...] = ()
    clean_headers: tuple[str, ...] = ()


@dataclass(slots=True)
class AttachedPolicies:
    """Every JWTPolicy as it was resolved, the one in force of those that target an object, and what is wrong with them.

    `everywhere` has the policies of a namespace that target all of it, by namespace; what was targeted by
    an older one is not theirs.  `required_by` names the gateway if it refuses what no policy protects.
    """

    required_by: str = ""

    linked: dict[Ref, LinkedPolicy] = field(default_factory=dict)
    targeted: dict[Ref, Ref] = field(default_factory=dict)
    everywhere: dict[str, Ref] = field(default_factory=dict)
    forwarded: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def targeting(self, target: Ref) -> Ref | None:
        """Return the policy in force of those that target an object."""
        return self.targeted.get(target) or self.everywhere.get(target.namespace)


def link_attached_policies(resources: ResourceIndex, required_by: str = "") -> AttachedPolicies:
    """Resolve every JWTPolicy, the oldest first, so that each finds what is targeted already."""
    found = AttachedPolicies(required_by)
    forwarded = ForwardedHeaders()
    for parsed in sorted(resources.of_kind("JWTPolicy"), key=age):
        ref = parsed.ref
        found.linked[ref] = linked = _link(parsed, resources, forwarded)
        found.problems += linked.problems
        targets = recover_targets(parsed)
        if targets is None:
            found.everywhere.setdefault(ref.namespace, ref)
        for index, target in enumerate(targets or ()):
            found.problems += _target(ref, f"spec.targetRefs[{index}]", target, resources, found)
    found.forwarded = forwarded.names
    return found


def _link(parsed: Parsed, resources: ResourceIndex, forwarded: ForwardedHeaders) -> LinkedPolicy:
    """Resolve the block; one of a policy that isn't accepted is only looked at for what else is wrong."""
    beyond = forwarded.add(parsed.ref.namespace, parsed.ref, recover_forwarded_headers(parsed))
    if not is_a(parsed, JWTPolicy):
        return LinkedPolicy(refusal=f"{parsed.ref} is not accepted")
    linked = link_policy(parsed.ref, parsed.resource.spec.jwt, resources)
    if parsed.ref not in resources.valid:
        return LinkedPolicy(refusal=f"{parsed.ref} is not accepted", problems=linked.problems)
    if linked.refusal:
        return LinkedPolicy(refusal=f"{parsed.ref}: {linked.refusal}", problems=linked.problems)
    return linked if beyond is None else LinkedPolicy(None, f"{parsed.ref}: {beyond.message}", (beyond,))


def _target(ref: Ref, at: str, target: Ref, resources: ResourceIndex, found: AttachedPolicies) -> list[Problem]:
    """Note what a policy targets, and return what is wrong with that."""
    parsed = resources.objects.get(target)
    if parsed is None:
        message = f"{target} does not exist, so that nothing is protected; create it, or name another"
        return [Problem(ref, Reason.TARGET_NOT_FOUND, at, message, (target,))]
    holder = found.targeting(target)
    if holder is None:
        found.targeted[target] = ref
    elif holder != ref:
        message = f"{target} is protected by {holder}, which is older; remove one of the two"
        return [Problem(ref, Reason.CONFLICTED, at, message, (target, holder))]
    if class_of(parsed, resources.ingress_classes) is None:
        message = f"{target} is of no class that is served here, so that nothing is protected; see its ingressClassName"
        return [Problem(ref, Reason.TARGET_NOT_FOUND, at, message, (target,))]
    return []


def attached_policy(policies: AttachedPolicies, ingress: Ref, annotations: Mapping[str, str]) -> Attachment:
    """What protects an Ingress with these annotations."""
    clean_headers = policies.forwarded.get(ingress.namespace, ())
    problems = tuple(_unknown(ingress, name) for name in sorted(annotations) if _is_unknown(name))
    named = annotations.get(POLICY_ANNOTATION)
    ref = policies.targeting(ingress) if named is None else Ref("JWTPolicy", ingress.namespace, printable(named[:253]))
    linked = LinkedPolicy() if ref is None else policies.linked.get(ref)
    if ref is not None and (linked is None or linked.refusal):
        at = "" if named is None else f"metadata.annotations[{POLICY_ANNOTATION}]"
        problems += (_unusable(ingress, at, ref, linked),)
    elif ref is None and policies.required_by:
        way_out = f"name one in the annotation {POLICY_ANNOTATION}, one with mode Disabled to make it public"
        problems += (policy_required(ingress, "", policies.required_by, way_out),)
    if problems or linked is None:
        return Attachment(None, f"{ingress}: {problems[0].message}", problems, clean_headers=clean_headers)
    return Attachment(linked.entry, clean_headers=clean_headers)


def policy_required(owner: Ref, at: str, gateway: str, way_out: str) -> Problem:
    """The refusal of what no policy protects, where the gateway requires one."""
    message = f"gateway {gateway} requires a policy, so its requests get 503; {way_out}"
    return Problem(owner, Reason.POLICY_REQUIRED, at, message)


def _is_unknown(name: str) -> bool:
    # The API server takes annotations in any case, so that a capital letter must not open what they protect.
    below, _, word = name.lower().rpartition("/")
    is_ours = f".{below}/".endswith(f".{OUR_ANNOTATIONS}") or word.replace("_", "-") in ("jwt-policy", "jwtpolicy")
    return is_ours and name not in KNOWN_ANNOTATIONS


def _unknown(ingress: Ref, name: str) -> Problem:
    known = ", ".join(sorted(KNOWN_ANNOTATIONS))
    message = f"is no annotation of an Ingress; use one of {known}, or remove it"
    return Problem(ingress, Reason.INVALID, f"metadata.annotations[{printable(name)}]", message)


def _unusable(ingress: Ref, at: str, ref: Ref, linked: LinkedPolicy | None) -> Problem:
    if linked is None:
        message = f"JWTPolicy {ref.name!r} does not exist in namespace {ref.namespace}; create it, or name another"
        return Problem(ingress, Reason.POLICY_NOT_FOUND, at, message, (ref,))
    return Problem(ingress, Reason.POLICY_INVALID, at, f"its requests get 503: {linked.refusal}", (ref,))
