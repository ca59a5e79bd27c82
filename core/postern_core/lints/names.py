"""Names in a policy that lead nowhere: nothing opens by them, but they are probably mistyped."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.problems import Problem, Reason
from postern_core.ref import Ref

from .linked import Linked

AT = "spec.auth.jwt.allow"


def allowed_consumer_is_missing(linked: Linked) -> Iterator[Problem]:
    objects = linked.resources.objects
    for owner, policy in linked.policies():
        for index, name in enumerate(policy.allow.consumers):
            namespace, _, plain = name.rpartition("/")
            consumer = Ref("Consumer", namespace or owner.namespace, plain)
            if consumer not in objects:
                message = f"{consumer} does not exist; create it, or remove it here"
                yield Problem(owner, Reason.WARNING, f"{AT}.consumers[{index}]", message, (consumer,))


def admitted_namespace_is_missing(linked: Linked) -> Iterator[Problem]:
    known = linked.resources.namespaces
    for owner, policy in linked.policies() if known else ():
        if isinstance(policy.allow.namespaces, tuple):
            for index, name in enumerate(policy.allow.namespaces):
                if name not in known:
                    message = f"namespace {name!r} does not exist; create it, or remove it here"
                    yield Problem(owner, Reason.WARNING, f"{AT}.namespaces[{index}]", message)


NAME_LINTS = (allowed_consumer_is_missing, admitted_namespace_is_missing)
