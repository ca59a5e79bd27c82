"""All objects of one compilation, indexed by what others call them, and the means to read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from postern_core.memo import Memo
from postern_core.parse import Decoded, Parsed, R, is_a
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_core.resources.kubernetes import SERVICE_NAME_LABEL, EndpointSlice
from postern_core.snapshot_issuers import TokenIssuer
from postern_core.validators import Validators


@dataclass(slots=True)
class ResourceIndex:
    """The objects by kind and Ref, in no order that anything may depend on.

    `valid` holds our objects that have no problem of their own, `faults` the
    fields that are wrong in each of the others, `issuers` the entries of those that have been linked.
    """

    objects: dict[Ref, Parsed]
    inspectors: Validators
    memo: Memo
    valid: dict[Ref, Parsed] = field(default_factory=dict)
    faults: dict[Ref, frozenset[str]] = field(default_factory=dict)
    issuers: dict[Ref, TokenIssuer] = field(default_factory=dict)
    by_kind: dict[str, list[Parsed]] = field(default_factory=dict)
    slices: dict[tuple[str, str], list[Decoded[EndpointSlice]]] = field(default_factory=dict)

    def of_kind(self, kind: str) -> list[Parsed]:
        return self.by_kind.get(kind, [])

    def valid_of(self, type_: type[R]) -> list[Decoded[R]]:
        """The objects of one of our types that have no problem of their own."""
        return [it for it in self.of_kind(type_.__name__) if it.ref in self.valid and is_a(it, type_)]

    def slices_of(self, namespace: str, service: str) -> list[Decoded[EndpointSlice]]:
        """The EndpointSlices of Kubernetes' own Service of that name."""
        return self.slices.get((namespace, service), [])

    @property
    def ingress_classes(self) -> dict[str, Parsed]:
        """Every IngressClass by its name."""
        return {parsed.ref.name: parsed for parsed in self.of_kind("IngressClass")}

    @property
    def namespaces(self) -> frozenset[str]:
        """The namespaces that exist; empty where they are not known, as with folders of manifests."""
        return frozenset(parsed.ref.name for parsed in self.of_kind("Namespace"))

    def reference_problem(self, reference: Ref, reason: Reason, who: Ref, at: str) -> Problem | None:
        """Why a reference to one of our objects can't be followed, None if it can."""
        if reference in self.valid:
            return None
        if reference in self.objects:
            return Problem(who, reason, at, f"{reference} is not accepted itself; fix it first", (reference,))
        missing = f"{reference.kind} {reference.name!r} does not exist in namespace {reference.namespace}"
        message = f"{missing}; create it, or name another"
        return Problem(who, reason, at, message, (reference,))


def namespace_ref(name: str) -> Ref:
    """A Namespace's Ref; as an object of no namespace it is parsed into the default one."""
    return Ref("Namespace", "default", name)


def index_resources(resources: Iterable[Parsed], inspectors: Validators, memo: Memo) -> ResourceIndex:
    """Index the objects; of two with the same Ref the one of the first origin counts."""
    objects: dict[Ref, Parsed] = {}
    for parsed in resources:
        known = objects.get(parsed.ref)
        if known is None or parsed.origin < known.origin:
            objects[parsed.ref] = parsed
    index = ResourceIndex(objects, inspectors, memo)
    for ref, parsed in objects.items():
        index.by_kind.setdefault(ref.kind, []).append(parsed)
        if is_a(parsed, EndpointSlice):
            service = parsed.resource.metadata.labels.get(SERVICE_NAME_LABEL, "")
            index.slices.setdefault((ref.namespace, service), []).append(parsed)
    return index


def age(parsed: Parsed) -> tuple[str, str, str]:
    """Sorts the oldest first; objects of unknown age come last, by name."""
    metadata = (parsed.manifest or {}).get("metadata") if parsed.resource is None else None
    known = metadata.get("creationTimestamp") if isinstance(metadata, dict) else None
    created = known if isinstance(known, str) else parsed.created
    return (created or "~", parsed.ref.namespace, parsed.ref.name)
