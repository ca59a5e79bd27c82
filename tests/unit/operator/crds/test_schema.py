"""From a model to a structural schema."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from msgspec import Meta

from postern_core.kinds import KINDS
from postern_core.resources.rules import Rule
from postern_core.resources.types import Duration, Scalar, Spec
from postern_operator.crds.definitions import kind_schema
from postern_operator.crds.schema import descriptions, go_pattern, object_schema, prose_of, validations


class Inner(Spec, frozen=True):
    """Inner things."""

    wait: Annotated[Duration, Meta(description="How long.")] = "5s"


class Outer(Spec, frozen=True):
    """Outer

    things.
    """

    RULES = (Rule("is_odd", "self.many.size() > 0", "must be even", ".many"),)

    word: Annotated[Literal["A", "B"], Meta(description="A word.")]
    inner: Annotated[Inner, Meta(description="One.")] = Inner()
    many: Annotated[tuple[Inner, ...], Meta(max_length=3, description="Some.")] = ()
    either: Annotated[Literal["All"] | tuple[Annotated[str, Meta(max_length=9)], ...], Meta(description="Or.")] = "All"


WAIT = {"type": "string", "pattern": "^([0-9]{1,5}(h|m|s|ms)){1,4}$", "maxLength": 28}


def test_a_model_becomes_a_schema():
    """Prose, bounds, defaults outside of lists, and rules."""
    wait = {"description": "How long.", **WAIT}
    inner = {"type": "object", "properties": {"wait": wait | {"default": "5s"}}}
    assert {
        "description": "Outer things.",
        "type": "object",
        "required": ["word"],
        "properties": {
            "word": {"description": "A word.", "type": "string", "enum": ["A", "B"]},
            "inner": {"description": "One.", **inner, "default": {"wait": "5s"}},
            "many": {
                "description": "Some.",
                "type": "array",
                "items": {"description": "Inner things.", "type": "object", "properties": {"wait": wait}},
                "maxItems": 3,
                "x-kubernetes-list-type": "atomic",
            },
            "either": {
                "description": "Or.",
                "x-kubernetes-preserve-unknown-fields": True,
                "pattern": "^(All)$",
                "items": {"type": "string", "maxLength": 9},
                "default": "All",
            },
        },
        "x-kubernetes-validations": [{"rule": "self.many.size() > 0", "message": "must be even", "fieldPath": ".many"}],
    } == object_schema(Outer)


class Compared(Spec, frozen=True):
    """What is compared."""

    ONE_OF = ("anyOf", "allOf")

    any_of: Annotated[tuple[Scalar, ...], Meta(max_length=2, description="Some.")] | None = None
    all_of: Annotated[tuple[Scalar, ...], Meta(max_length=2, description="All.")] | None = None


def test_a_text_number_or_boolean_has_no_type():
    """A structural schema has none for it; the bounds of lists and objects can't be met, so that neither is taken."""
    made = object_schema(Compared)

    assert [{"required": ["anyOf"]}, {"required": ["allOf"]}] == made["oneOf"]
    assert {
        "x-kubernetes-preserve-unknown-fields": True,
        "minLength": 1,
        "maxLength": 1024,
        "pattern": r"^[^\x00-\x1f\x7f]*$",
        "minItems": 1,
        "maxItems": 0,
        "minProperties": 1,
        "maxProperties": 0,
    } == made["properties"]["anyOf"]["items"]


def test_python_s_end_of_text_is_go_s():
    r"""Go knows no `\Z`, and its `$` takes no line feed."""
    assert ("^a$", "^a", None) == (go_pattern(r"^a\Z"), go_pattern("^a"), go_pattern(None))


def test_a_type_without_rules_has_no_key_for_them():
    """An empty list would be a difference after the API server has dropped it."""
    assert {} == validations(())
    assert "Inner things." == prose_of(Inner)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_has_prose(kind):
    """`kubectl explain` is the manual: a field without a word is a hole in it."""
    schema = kind_schema(kind)["properties"]
    for part in ("spec", "status"):
        assert [] == [path for path, prose in descriptions(schema[part], part) if not prose]


def everything_in(schema):
    yield schema
    for one in [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]:
        yield from everything_in(one)


@pytest.mark.parametrize("kind", KINDS)
def test_every_text_and_list_has_a_bound(kind):
    """The API server counts what a rule may cost from these."""
    below = list(everything_in(kind_schema(kind)["properties"]["spec"]))
    texts = [one for one in below if one.get("type") == "string" and not {"enum", "format"} & set(one)]
    lists = [one for one in below if one.get("type") == "array"]
    assert [] == [one for one in texts if "maxLength" not in one] + [one for one in lists if "maxItems" not in one]


@pytest.mark.parametrize("kind", KINDS)
def test_no_default_is_below_a_list(kind):
    """Who compares a list with the one in Git compares it whole."""
    lists = [one for one in everything_in(kind_schema(kind)) if "items" in one]
    assert [] == [inner for one in lists for inner in everything_in(one["items"]) if "default" in inner]


def fields_in(schema):
    for one in everything_in(schema):
        yield from one.get("properties", {}).items()


def as_yaml(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("kind", KINDS)
def test_the_status_has_no_defaults(kind):
    """What the operator has not written must not look as if it had."""
    assert [] == [name for name, one in fields_in(kind_schema(kind)["properties"]["status"]) if "default" in one]


@pytest.mark.parametrize("kind", KINDS)
def test_the_prose_tells_the_true_default(kind):
    """The word in the prose is written by hand; what holds is the model's."""
    plain = [(name, one) for name, one in fields_in(kind_schema(kind)) if isinstance(one.get("default"), str | int)]
    wrong = [name for name, one in plain if f"Default: {as_yaml(one['default'])}." not in one["description"]]
    assert [] == wrong
