"""How a cluster's objects and what serves them are, put together for `postern status`.

Pure.  What is wrong with an object is what its status says; nothing is compiled here.
How it looks as text belongs in `tree`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from postern_core.kinds import KINDS
from postern_core.link.fail_closed import recover_service_scope
from postern_core.link.ingress_classes import OurClass
from postern_core.parse import parse_manifest

from .installation import Leader, Published

# The conditions that are False because others are.
CONSEQUENCES = frozenset({"Programmed", "Ready"})

UNSEEN = "no operator has looked at it yet"
OUTDATED = "it has changed since; what its status says is of an earlier generation"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of an object's status."""

    type: str
    status: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class ObjectState:
    """One object, as its status describes it.

    `gateways` are those of a Service or an Ingress; `parent` is the name of a Route's Service, or of
    a JWTCredential's Consumer; `trouble` is why it isn't ready, in sentences.
    """

    kind: str
    namespace: str
    name: str
    is_ready: bool
    trouble: tuple[str, ...]
    conditions: tuple[Condition, ...]
    gateways: tuple[str, ...] = ()
    parent: str = ""
    about: str = ""

    @property
    def path(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Overview:
    """All of it; `is_ready` says whether nothing is wrong, as far as could be seen."""

    is_ready: bool
    operator: Leader
    gateways: tuple[Published, ...]
    objects: tuple[ObjectState, ...]
    left_out: tuple[str, ...] = ()


def overview_of(
    leader: Leader, gateways: Iterable[Published], states: Iterable[ObjectState], left_out: Iterable[str]
) -> Overview:
    """Put together what was read."""
    gateways = tuple(gateways)
    objects = tuple(sorted(states, key=_place))
    is_ready = (
        leader.is_held
        and not leader.unreadable
        and all(map(is_served, gateways))
        and all(it.is_ready for it in objects)
    )
    return Overview(is_ready, leader, gateways, objects, tuple(left_out))


def is_served(published: Published) -> bool:
    """Whether all ready pods of a gateway are known to serve what is published, and there is one."""
    ready = [pod for pod in published.pods if pod.is_ready]
    return bool(ready and published.digest) and all(pod.digest == published.digest for pod in ready)


def gateways_named_by(objects: Iterable[ObjectState]) -> set[str]:
    return {gateway for it in objects for gateway in it.gateways}


def state_of(manifest: Mapping[str, Any]) -> ObjectState:
    """One object of ours, sound or not."""
    metadata, status = manifest["metadata"], manifest.get("status") or {}
    conditions = tuple(
        Condition(*(str(one.get(name, "")) for name in ("type", "status", "reason", "message")))
        for one in status.get("conditions") or ()
    )
    is_current = status.get("observedGeneration") == metadata.get("generation")
    trouble = _trouble(conditions, is_current=is_current)
    kind, spec = str(manifest["kind"]), manifest.get("spec") or {}
    parent = KINDS[kind].parent
    return ObjectState(
        kind=kind,
        namespace=metadata["namespace"],
        name=metadata["name"],
        is_ready=not trouble,
        trouble=trouble,
        conditions=conditions,
        gateways=recover_service_scope(parse_manifest(manifest)).gateways if kind == "Service" else (),
        parent=_name_in(spec.get(parent.field)) if parent is not None else "",
        about=_about(status),
    )


def ingress_state(manifest: Mapping[str, Any], its_class: OurClass) -> ObjectState:
    """An Ingress of ours: its hosts, and where its status says that they are reached."""
    metadata, status = manifest["metadata"], manifest.get("status") or {}
    hosts = dict.fromkeys(rule.get("host") or "every host" for rule in manifest.get("spec", {}).get("rules") or ())
    balanced = (status.get("loadBalancer") or {}).get("ingress") or ()
    addresses = [str(it.get("hostname") or it.get("ip")) for it in balanced]
    where = f" at {', '.join(addresses)}" if addresses else ", without an address"
    return ObjectState(
        kind="Ingress",
        namespace=metadata["namespace"],
        name=metadata["name"],
        is_ready=not its_class.refusal,
        trouble=(f"Invalid: {its_class.refusal}",) if its_class.refusal else (),
        conditions=(),
        gateways=(its_class.gateway,),
        about=f"{', '.join(hosts) or 'every host'}{where}",
    )


def _trouble(conditions: tuple[Condition, ...], *, is_current: bool) -> tuple[str, ...]:
    """Why an object isn't ready: what is wrong with it, or else that it isn't served, which would only follow."""
    if not conditions:
        return (UNSEEN,)
    untrue = [one for one in conditions if one.status != "True"]
    causes = [one for one in untrue if one.type not in CONSEQUENCES] or untrue
    found = tuple(dict.fromkeys(f"{one.reason}: {one.message}" if one.message else one.reason for one in causes))
    if not is_current:
        return (*found, OUTDATED)
    if not found and not any(one.type == "Ready" for one in conditions):
        return (UNSEEN,)
    return found


def _about(status: Mapping[str, Any]) -> str:
    """Which key a credential answers to, and how it is checked; "" for other kinds, whose statuses say neither."""
    parts = (("key", "key"), ("", "algorithm"), ("TokenIssuer", "issuer"), ("Secret", "generatedSecretName"))
    return ", ".join(f"{name} {status[field]}".strip() for name, field in parts if status.get(field))


def _name_in(reference: object) -> str:
    return str(reference.get("name", "")) if isinstance(reference, Mapping) else ""


def _place(state: ObjectState) -> tuple[int, str, str]:
    kinds = ["Ingress", *KINDS]
    return kinds.index(state.kind), state.namespace, state.name
