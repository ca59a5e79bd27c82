"""Identifiers that an application could take for those of another namespace, which are qualified by its name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator

from postern_core.problems import Problem, Reason
from postern_core.resources.consumer import Consumer
from postern_core.resources.jwt_credential import JWTCredential
from postern_core.resources.jwt_policy import Allow

from .linked import Linked

# The names that a namespace may have.
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def identifier_reads_as_foreign(linked: Linked) -> Iterator[Problem]:
    policies: dict[str, list[Allow]] = defaultdict(list)
    for owner, policy in linked.policies:
        if policy.allow.namespaces != "Same":
            policies[owner.namespace].append(policy.allow)
    if not policies:
        return
    found = [(it.ref, "spec.customID", it.resource.spec.custom_id) for it in linked.resources.valid_of(Consumer)]
    found += [(it.ref, "spec.key", it.resource.spec.key or "") for it in linked.resources.valid_of(JWTCredential)]
    for ref, field, identifier in found:
        namespace, slash, _ = identifier.partition("/")
        if slash and namespace != ref.namespace and any(map(_admits(namespace), policies.get(ref.namespace, ()))):
            message = (
                f"reads as one of namespace {namespace}, whose credentials count here, "
                f"so that an application can't tell them apart; begin it otherwise than with {namespace}/"
            )
            yield Problem(ref, Reason.WARNING, field, message)


def _admits(namespace: str) -> Callable[[Allow], bool]:
    """By its name alone, so that the warning doesn't say which namespaces there are."""
    may_exist = _NAMESPACE.fullmatch(namespace) is not None
    return lambda allow: may_exist if allow.namespaces == "All" else namespace in allow.namespaces
