"""Which TokenIssuers a namespace may use, for its policies and for the credentials that have no keys of their own."""

from __future__ import annotations

from postern_core.parse import is_a
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_core.resources.token_issuer import TokenIssuer, TokenIssuerSpec

from .resource_index import ResourceIndex


def unusable_issuer(owner: Ref, issuer: Ref, at: str, resources: ResourceIndex) -> Problem | None:
    """Why an object can't use an issuer, None if it can.

    One of another namespace that does not allow it gets the same words as one that isn't there.
    """
    found = resources.valid.get(issuer)
    if found is None and issuer.namespace == owner.namespace:
        return resources.reference_problem(issuer, Reason.TOKEN_ISSUER_NOT_FOUND, owner, at)
    allowed = _allowed(issuer, found.resource.spec) if is_a(found, TokenIssuer) else frozenset()
    if allowed is None or owner.namespace in allowed:
        return None
    message = f"there is no {issuer} that allows namespace {owner.namespace}; have it name it in allowedNamespaces"
    return Problem(owner, Reason.TOKEN_ISSUER_NOT_FOUND, at, message, (issuer,))


def _allowed(ref: Ref, spec: TokenIssuerSpec) -> frozenset[str] | None:
    """The namespaces that may use an issuer; None is all of them."""
    if spec.allowed_namespaces == "All":
        return None
    return frozenset({ref.namespace, *(() if spec.allowed_namespaces == "Same" else spec.allowed_namespaces)})
