"""What of a JWTCredential can verify no token, although each of its keys can be read."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.link.bindings import unusable_issuer
from postern_core.problems import Problem, Reason
from postern_core.resources.credential_keys import issuer_of
from postern_core.resources.jwt_credential import JWTCredential
from postern_core.resources.token_issuer import TokenIssuer

from .linked import Linked


def key_has_ended(linked: Linked) -> Iterator[Problem]:
    for parsed in linked.resources.valid_of(JWTCredential):
        for index, key in enumerate(parsed.resource.spec.keys):
            if key.not_after is not None and key.not_after.timestamp() <= linked.now_s:
                message = "has passed, so this key verifies nothing any more; remove the key, or set a later time"
                yield Problem(parsed.ref, Reason.WARNING, f"spec.keys[{index}].notAfter", message)


def tokens_are_revoked_in_advance(linked: Linked) -> Iterator[Problem]:
    for parsed in linked.resources.valid_of(JWTCredential):
        before = parsed.resource.spec.revoked.issued_before
        if before is not None and before.timestamp() > linked.now_s > 0:
            message = "lies ahead, so tokens that are made until then are refused; set the time of the leak"
            yield Problem(parsed.ref, Reason.WARNING, "spec.revoked.issuedBefore", message)


def credential_is_admitted_by_no_policy(linked: Linked) -> Iterator[Problem]:
    admitted: set[str] = set()
    for owner, policy in linked.policies:
        if policy.allow.namespaces == "All":
            return
        admitted.add(owner.namespace)
        if policy.allow.namespaces != "Same":
            admitted.update(policy.allow.namespaces)
    # Without a policy there is nothing to compare with: these may be a tenant's credentials by themselves.
    for parsed in linked.resources.valid_of(JWTCredential) if admitted else ():
        if parsed.ref.namespace not in admitted:
            message = (
                f"no auth.jwt admits namespace {parsed.ref.namespace}, so none of its tokens passes; "
                "name it in allow.namespaces of the policy that is meant"
            )
            yield Problem(parsed.ref, Reason.WARNING, "", message)


def issuer_names_no_credential(linked: Linked) -> Iterator[Problem]:
    by_other_means = {it.ref for it in linked.resources.valid_of(TokenIssuer) if it.resource.spec.callers.claim is None}
    for parsed in linked.resources.valid_of(JWTCredential) if by_other_means else ():
        ref = issuer_of(parsed.ref, parsed.resource.spec)
        # Of an issuer that may not be used nothing is said, not even that it is there.
        if ref in by_other_means and unusable_issuer(parsed.ref, ref, "", linked.resources) is None:
            message = (
                f"{ref} finds its callers otherwise than by a claim, so no token picks this credential; "
                "have it name the claim in callers.claim, or delete this"
            )
            yield Problem(parsed.ref, Reason.WARNING, "spec.issuerRef", message, (ref,))


CREDENTIAL_LINTS = (
    key_has_ended,
    tokens_are_revoked_in_advance,
    credential_is_admitted_by_no_policy,
    issuer_names_no_credential,
)
