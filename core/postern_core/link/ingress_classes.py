"""Which Ingresses are ours, by their class, and which gateway serves them.

An Ingress names its class in `spec.ingressClassName`, or else in the deprecated annotation; one that names none is of
the class that says it is the default.  An Ingress of another controller is no business of ours: nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from postern_core.decode import decode_strictly
from postern_core.parse import Decoded, Parsed, is_a
from postern_core.problems import Problem, Reason, printable
from postern_core.ref import Ref
from postern_core.resources.ingress import (
    CLASS_ANNOTATION,
    CONTROLLER,
    DEFAULT_CLASS_ANNOTATION,
    GATEWAY_ANNOTATION,
    Ingress,
    IngressClass,
)
from postern_core.resources.types import Label

DEFAULT_GATEWAY = "default"

# Every IngressClass by its name.
Classes = Mapping[str, Parsed]


@dataclass(frozen=True, slots=True)
class OurClass:
    """A class of ours: its name, its gateway, and why it can't be served, "" if it can."""

    name: str
    gateway: str
    refusal: str = ""


def class_ref(name: str) -> Ref:
    """An IngressClass's Ref; as an object of no namespace it is parsed into the default one."""
    return Ref("IngressClass", "default", name)


def named_class(parsed: Parsed) -> tuple[str, str] | None:
    """The class that an Ingress names and the field that does, None for no class."""
    if is_a(parsed, Ingress):
        name: object = parsed.resource.spec.ingress_class_name
        annotations: Mapping[str, Any] = parsed.resource.metadata.annotations or {}
    else:
        manifest = parsed.manifest or {}
        name = _member(manifest, "spec").get("ingressClassName")
        annotations = _member(_member(manifest, "metadata"), "annotations")
    if isinstance(name, str) and name:
        return name, "spec.ingressClassName"
    deprecated = annotations.get(CLASS_ANNOTATION)
    if isinstance(deprecated, str) and deprecated:
        return deprecated, f"metadata.annotations.{CLASS_ANNOTATION}"
    return None


def class_of(parsed: Parsed, classes: Classes) -> OurClass | None:
    """The class of an Ingress, None where it is not ours."""
    named = named_class(parsed)
    if named is not None:
        return _ours(classes.get(named[0]))
    return next((found for name in sorted(classes) if (found := _default(classes[name]))), None)


def names_missing_class(parsed: Parsed, classes: Classes) -> bool:
    """Whether an Ingress names a class that is not there, which may be made anew in a moment."""
    named = named_class(parsed)
    return named is not None and named[0] not in classes


def missing_class(parsed: Parsed, classes: Classes) -> Problem | None:
    """What is wrong with an Ingress that names a class which is not there, None if nothing is.

    The deprecated annotation may name a class that never was an object.
    """
    named = named_class(parsed)
    if named is None or named[1] != "spec.ingressClassName" or named[0] in classes:
        return None
    message = (
        f"there is no IngressClass {printable(named[0])}, so nothing serves this Ingress; "
        f"create it with controller {CONTROLLER}, or name another"
    )
    return Problem(parsed.ref, Reason.INGRESS_CLASS_NOT_FOUND, named[1], message, (class_ref(named[0]),))


def missing_gateway(parsed: Parsed, ours: OurClass, gateways: Collection[str]) -> Problem | None:
    """What is wrong with an Ingress whose class is for a gateway that is none of these, None if nothing is.

    Without any it is not known which gateways there are.
    """
    if not gateways or ours.gateway in gateways:
        return None
    message = (
        f"IngressClass {ours.name} is for the gateway {ours.gateway}, which this operator does not have, so nothing "
        f"serves this Ingress; name one of {', '.join(sorted(gateways))} in its annotation {GATEWAY_ANNOTATION}"
    )
    return Problem(parsed.ref, Reason.GATEWAY_NOT_FOUND, "spec.ingressClassName", message, (class_ref(ours.name),))


def gateway_of(parsed: Decoded[IngressClass]) -> str | None:
    """The gateway of a class, None where its annotation is no name of one."""
    name = parsed.resource.metadata.annotation(GATEWAY_ANNOTATION) or DEFAULT_GATEWAY
    return decode_strictly(name, Label)[0]


def _default(parsed: Parsed) -> OurClass | None:
    """A class of ours that says it is the default, None for any other."""
    is_default = is_a(parsed, IngressClass) and parsed.resource.metadata.annotation(DEFAULT_CLASS_ANNOTATION) == "true"
    return _ours(parsed) if is_default else None


def _ours(parsed: Parsed | None) -> OurClass | None:
    if not is_a(parsed, IngressClass):
        # Of one that can't be read it is unknown whose it is, so that what it would serve is refused.
        if parsed is None:
            return None
        return OurClass(parsed.ref.name, DEFAULT_GATEWAY, f"{_name_of(parsed)} can't be read")
    if parsed.resource.spec.controller != CONTROLLER:
        return None
    gateway = gateway_of(parsed)
    refusal = ""
    if gateway is None:
        refusal = f"{GATEWAY_ANNOTATION} of {_name_of(parsed)} is not the name of a gateway; correct the annotation"
    elif parsed.resource.spec.parameters:
        refusal = f"{_name_of(parsed)} has parameters, which are not read; remove them"
    return OurClass(parsed.ref.name, gateway or DEFAULT_GATEWAY, refusal)


def _name_of(parsed: Parsed) -> str:
    return f"IngressClass {parsed.ref.name}"


def _member(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, Mapping) else {}
