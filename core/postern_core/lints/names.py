"""Names in a policy that lead nowhere: nothing opens by them, and they are probably mistyped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from postern_core.parse import is_a
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_core.resources.consumer import Consumer
from postern_core.resources.jwt_policy import Allow, JWTBlock, block_path

from .linked import Linked


def allowed_consumer_is_missing(linked: Linked) -> Iterator[Problem]:
    objects = linked.resources.objects
    for owner, policy in linked.policies:
        for index, name in enumerate(policy.allow.consumers):
            if _is_of_an_issuer(name, policy):
                continue
            namespace, plain = _parts(name)
            consumer = Ref("Consumer", namespace or owner.namespace, plain)
            if consumer not in objects:
                message = f"{consumer} does not exist; create it, or remove it here"
                yield Problem(owner, Reason.WARNING, _at(owner, f"consumers[{index}]"), message, (consumer,))


def _at(owner: Ref, field: str) -> str:
    return f"{block_path(owner.kind)}.allow.{field}"


def _parts(name: str) -> tuple[str, str]:
    """The namespace, "" for the policy's own, and the rest; behind a colon, slashes are those of a token's word."""
    namespace, slash, plain = name.partition("/")
    return (namespace, plain) if slash and ":" not in namespace else ("", name)


def _is_of_an_issuer(name: str, policy: JWTBlock) -> bool:
    """Whether a name or group is one that only the tokens of an issuer can have."""
    issuer, colon, _ = _parts(name)[1].partition(":")
    return bool(colon) and any(it.name == issuer for it in policy.token_issuers)


def admitted_namespace_is_missing(linked: Linked) -> Iterator[Problem]:
    known = linked.resources.namespaces
    for owner, policy in linked.policies if known else ():
        if isinstance(policy.allow.namespaces, tuple):
            for index, name in enumerate(policy.allow.namespaces):
                if name not in known:
                    message = f"namespace {name!r} does not exist; create it, or remove it here"
                    yield Problem(owner, Reason.WARNING, _at(owner, f"namespaces[{index}]"), message)


def allowed_group_is_missing(linked: Linked) -> Iterator[Problem]:
    known = {
        (it.ref.namespace, group) for it in linked.resources.valid_of(Consumer) for group in it.resource.spec.groups
    }
    for owner, policy in linked.policies:
        for index, name in enumerate(policy.allow.groups):
            if _is_of_an_issuer(name, policy):
                continue
            namespace, group = _parts(name)
            namespace = namespace or owner.namespace
            if (namespace, group) not in known:
                message = f"no Consumer of namespace {namespace} is in the group {group}; add one, or remove it here"
                cause = Ref("Consumer", namespace, group)  # it stands for all of that namespace
                yield Problem(owner, Reason.WARNING, _at(owner, f"groups[{index}]"), message, (cause,))


def foreign_name_is_not_admitted(linked: Linked) -> Iterator[Problem]:
    for owner, policy in linked.policies:
        allow = policy.allow
        if allow.namespaces == "All":
            continue
        admitted = {owner.namespace, *(() if allow.namespaces == "Same" else allow.namespaces)}
        issuing = {issuer.namespace for issuer in policy.token_issuers}
        for field, names in (("consumers", allow.consumers), ("groups", allow.groups)):
            for index, name in enumerate(names):
                namespace = _parts(name)[0] or owner.namespace
                if namespace not in admitted and namespace not in issuing:
                    message = f"credentials of namespace {namespace} don't count here; add it to allow.namespaces"
                    yield Problem(owner, Reason.WARNING, _at(owner, f"{field}[{index}]"), message)


def anonymous_consumer_never_passes(linked: Linked) -> Iterator[Problem]:
    for owner, policy in linked.policies:
        if policy.anonymous_consumer is None:
            continue
        ref = Ref("Consumer", owner.namespace, policy.anonymous_consumer.name)
        found = linked.resources.valid.get(ref)
        wrong = _against(found.resource, policy.allow) if is_a(found, Consumer) else ""
        if wrong:
            message = f"{ref} does not pass {wrong}, so that a request without a good token gets 401"
            yield Problem(owner, Reason.WARNING, f"{block_path(owner.kind)}.anonymousConsumer", message, (ref,))


def _against(anonymous: Consumer, allow: Allow) -> str:
    """The list that an anonymous Consumer is not on, "" for none."""
    own = anonymous.metadata.namespace

    def is_named(names: Iterable[str], wanted: Iterable[str]) -> bool:
        return not {name.removeprefix(f"{own}/") for name in names}.isdisjoint(wanted)

    if allow.claims:
        return "allow.claims, for it has none"
    if allow.consumers and not is_named(allow.consumers, [anonymous.metadata.name]):
        return "allow.consumers"
    return "allow.groups" if allow.groups and not is_named(allow.groups, anonymous.spec.groups) else ""


NAME_LINTS = (
    allowed_consumer_is_missing,
    allowed_group_is_missing,
    admitted_namespace_is_missing,
    foreign_name_is_not_admitted,
    anonymous_consumer_never_passes,
)
