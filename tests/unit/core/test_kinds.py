"""The table of kinds: a row is all that parsing, checking, statuses and definitions need for a new kind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from operator import attrgetter
from typing import Annotated, ClassVar

import msgspec
import pytest
from msgspec import Meta

from manifests import compiled, manifest, mistakes, service
from postern_core.conditions import Programming, conditions_of
from postern_core.kinds import API_VERSION, KINDS, Column, Kind, Parent, ref_kind
from postern_core.link.resource_index import ResourceIndex, index_resources
from postern_core.memo import Memo
from postern_core.parse import parse_manifest
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_core.resources.rules import Rule
from postern_core.resources.status import Conditions, ObservedGeneration
from postern_core.resources.types import Metadata, ObjectName, Spec
from postern_operator.cluster.status.desired_status import counts, status_change
from postern_operator.cluster.watch.references import references_of
from postern_operator.crds.definitions import definition
from postern_operator.validators import VALIDATORS

NOW = datetime(2026, 11, 24, tzinfo=UTC)


# What `resources/toy.py` would hold.
class ToySpec(Spec, frozen=True):
    """A toy's spec."""

    service_ref: Annotated[ObjectName, Meta(description="Whose toy it is.")]
    sizes: Annotated[tuple[int, ...], Meta(max_length=8, description="How large it is.")] = ()


class ToyStatus(Spec, frozen=True):
    """A toy's status."""

    observed_generation: ObservedGeneration | None = None
    conditions: Conditions = ()
    largest: Annotated[int, Meta(description="The largest size.")] | None = None


class Toy(msgspec.Struct, frozen=True, gc=False):
    """A toy of a Service."""

    RULES: ClassVar[tuple[Rule, ...]] = ()

    metadata: Metadata
    spec: ToySpec


# What `checks/toy.py` would hold.
def size_is_negative(toy: Toy, _: object) -> Iterator[tuple[str, str]]:
    for index, size in enumerate(toy.spec.sizes):
        if size < 0:
            yield f"spec.sizes[{index}]", "must not be negative"


# What `link/toys.py` would hold.
def link_toys(resources: ResourceIndex) -> list[Problem]:
    found = []
    for parsed in resources.of_kind("Toy"):
        service = Ref("Service", parsed.ref.namespace, parsed.resource.spec.service_ref.name)
        found.append(resources.reference_problem(service, Reason.SERVICE_NOT_FOUND, parsed.ref, "spec.serviceRef"))
    return [problem for problem in found if problem]


ROW = Kind(
    resource=Toy,
    spec=ToySpec,
    status=ToyStatus,
    plural="toys",
    short="ptoy",
    title="Toys",
    checks=(size_is_negative,),
    parent=Parent("Service", "serviceRef", attrgetter("service_ref.name")),
    references=lambda ref, _: [Ref("ConfigMap", ref.namespace, f"{ref.name}-parts")],
    facts=lambda _, spec: {"largest": max(spec.sizes)},
    columns=(Column("Sizes", ".spec.sizes", "How large it is."),),
)


@pytest.fixture(autouse=True)
def toys(monkeypatch):
    """The row in the table."""
    monkeypatch.setitem(KINDS, "Toy", ROW)


def toy(**spec):
    return manifest("Toy", "a", {"serviceRef": {"name": "app"}, **spec})


def test_a_new_kind_is_decoded_strictly():
    """A mistake in a field of the new kind is named by its path."""
    assert {"spec.sizes[0]", "spec.colour"} == set(mistakes(toy(sizes=["1"], colour="red"), service()))
    assert [] == list(parse_manifest(toy(sizes=[1])).problems)


def test_a_new_kind_is_checked():
    """A failed check of the row is a problem of the compilation."""
    assert ["spec.sizes[1]"] == list(mistakes(toy(sizes=[1, -1]), service()))


def test_a_new_kind_changes_nothing_of_the_others():
    """A snapshot with an object of the new kind is the snapshot without it."""
    assert compiled(service()).snapshot == compiled(service(), toy(sizes=[1])).snapshot


def test_a_new_kind_is_linked():
    """A link module finds the new kind's objects and what they refer to in the index."""
    index = index_resources([parse_manifest(toy(sizes=[1]))], VALIDATORS, Memo())

    assert ["spec.serviceRef"] == [problem.field for problem in link_toys(index)]


def test_a_new_kind_has_a_status():
    """Conditions, facts, counts and references of the new kind follow from the row."""
    parsed = parse_manifest(toy(sizes=[1, 3]))
    conditions = conditions_of(parsed.ref, (), Programming.PROGRAMMED)
    change = status_change(parsed, "uid", {}, conditions, count=0, now=NOW)

    assert ["Accepted", "ResolvedRefs", "Programmed", "Ready"] == [it.type for it in conditions]
    assert (0, 3) == (change.status["observedGeneration"], change.status["largest"])
    assert {Ref("Service", "default", "app"): 1} == counts([parsed])
    assert {Ref("ConfigMap", "default", "a-parts")} == references_of(parsed)


def test_a_new_kind_has_a_definition():
    """The schema, the names and the columns of a CustomResourceDefinition follow from the row."""
    made = definition("Toy")
    version = made["spec"]["versions"][0]

    assert ("toys.postern.dev", ["ptoy"]) == (made["metadata"]["name"], made["spec"]["names"]["shortNames"])
    assert "Sizes" == version["additionalPrinterColumns"][0]["name"]
    assert {"serviceRef", "sizes"} == set(version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"])


@pytest.mark.parametrize(("version", "expected"), [("v1", "core/Service"), (API_VERSION, "Service")])
def test_a_ref_tells_the_two_kinds_of_service_apart(version, expected):
    """Kubernetes' own Service has a kind of its own."""
    assert expected == ref_kind(version, "Service")


def test_a_parent_is_a_kind_of_the_table():
    """What an object belongs to exists, and the field that names it is in the spec."""
    for kind in KINDS.values():
        if kind.parent is not None:
            fields = {field.encode_name for field in msgspec.structs.fields(kind.spec)}
            counted = {field.encode_name for field in msgspec.structs.fields(KINDS[kind.parent.kind].status)}
            assert kind.parent.field in fields
            assert kind.parent.counted_as in counted | {""}
