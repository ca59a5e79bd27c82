"""The component for kustomize knows every field of the six kinds that names another object."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import yaml
from msgspec import inspect

from postern_core.kinds import KINDS
from postern_core.resources.types import NAME_PATTERN

FOLDER = Path(__file__).parents[2] / "kustomize"
# A name as another namespace may see it: what is not that of an object in the kustomization stays as it is.
ALLOWED_CONSUMERS = "spec/auth/jwt/allow/consumers"
# An annotation of ours on an object that is not.
ANNOTATIONS = {("Ingress", "metadata/annotations/postern.dev\\/jwt-policy")}


def fields_of(kind: inspect.Type) -> Iterator[tuple[str, inspect.Type]]:
    """Each field below a type, by its path."""
    match kind:
        case inspect.Metadata(type=inner):
            yield from fields_of(inner)
        case inspect.UnionType(types=types):
            for one in types:
                yield from fields_of(one)
        case inspect.VarTupleType(item_type=item):
            yield from fields_of(item)
        case inspect.StructType(fields=fields):
            for field in fields:
                yield field.encode_name, field.type
                yield from ((f"{field.encode_name}/{path}", type_) for path, type_ in fields_of(field.type))


def bare(kind: inspect.Type) -> inspect.Type:
    """A type without its prose."""
    return bare(kind.type) if isinstance(kind, inspect.Metadata) else kind


def references() -> set[tuple[str, str]]:
    """The fields of our kinds that hold the name of an object, by kind and path."""
    named = {
        (kind.name, f"spec/{path}")
        for kind in KINDS.values()
        for path, type_ in fields_of(msgspec.inspect.type_info(kind.spec))
        if getattr(bare(type_), "pattern", None) == NAME_PATTERN
    }
    named |= {(kind, ALLOWED_CONSUMERS) for kind in ("Service", "Route")}
    return named | {("JWTPolicy", "spec/jwt/allow/consumers")} | ANNOTATIONS


def configured() -> list[dict[str, str]]:
    text = (FOLDER / "references.yaml").read_text(encoding="utf-8")
    return [field for one in yaml.safe_load(text)["nameReference"] for field in one["fieldSpecs"]]


def test_every_field_that_names_an_object_is_known():
    """Else kustomize's prefixes and hashes break that reference."""
    assert references() == {(it["kind"], it["path"]) for it in configured()}
    assert {"postern.dev", "networking.k8s.io"} == {it["group"] for it in configured()}


def test_a_kustomization_takes_it_as_a_component():
    """Its transformers are those of the kustomization that names it."""
    component = yaml.safe_load((FOLDER / "kustomization.yaml").read_text(encoding="utf-8"))
    assert ("Component", ["references.yaml"]) == (component["kind"], component["configurations"])
