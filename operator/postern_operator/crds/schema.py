"""From a typed model to a structural schema of apiextensions.k8s.io/v1.

Which defaults the API server fills in is decided here.  It does so where a
field is absent from an object, but never below a list: GitOps tools compare a
list with the one in Git as a whole, and a field that was filled in would be a
permanent difference.  What is not filled in has the same effect, because the
compiler has the same defaults.
"""

from __future__ import annotations

import inspect as docstrings
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import inspect

from postern_core.resources.rules import Rule

Schema = dict[str, Any]

INT32_MAX = 2**31 - 1


def object_schema(type_: type[Any], *, is_in_list: bool = False) -> Schema:
    """The schema of a struct: its prose, fields and rules."""
    fields = msgspec.inspect.type_info(type_)
    assert isinstance(fields, inspect.StructType)
    schema: Schema = {"description": prose_of(type_), "type": "object"}
    required = [field.encode_name for field in fields.fields if field.required]
    if required:
        schema["required"] = required
    # The API server stores no empty one, and what it stores must be what is applied.
    if fields.fields:
        schema["properties"] = {it.encode_name: _field_schema(it, is_in_list=is_in_list) for it in fields.fields}
    if type_.ONE_OF:
        schema["oneOf"] = [{"required": [name]} for name in type_.ONE_OF]
    return schema | validations(type_.RULES)


def prose_of(type_: type[Any]) -> str:
    """A docstring in the form of a description."""
    paragraphs = docstrings.cleandoc(type_.__doc__ or "").split("\n\n")
    return " ".join(" ".join(paragraphs).split())


def validations(rules: tuple[Rule, ...]) -> Schema:
    """The rules of a type, as the API server reads them."""
    return {"x-kubernetes-validations": [_validation(rule) for rule in rules]} if rules else {}


def _validation(rule: Rule) -> Schema:
    validation = {"rule": rule.expression, "message": rule.message}
    return validation | {"fieldPath": rule.field} if rule.field else validation


def _field_schema(field: inspect.Field, *, is_in_list: bool) -> Schema:
    schema = _schema(field.type, is_in_list=is_in_list)
    # The prose about a field says more than the prose about its type.
    schema = {"description": schema.pop("description")} | schema
    default = None if is_in_list else _default(field, schema)
    return schema if default is None else schema | {"default": default}


def _default(field: inspect.Field, schema: Schema) -> Any:
    """What the API server fills in, None for nothing: an empty text or list says no more than an absent one."""
    value = field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default
    if isinstance(value, msgspec.Struct):
        # Whole, because the rules of the type are held against it as it stands here.
        return {name: one["default"] for name, one in schema.get("properties", {}).items() if "default" in one} or None
    if value in (msgspec.NODEFAULT, msgspec.UNSET, None, (), "") or field.required:
        return None
    plain = msgspec.to_builtins(value)
    return [_without_nulls(item) for item in plain] if isinstance(value, tuple) else plain


def _without_nulls(value: Any) -> Any:
    return {key: one for key, one in value.items() if one is not None} if isinstance(value, dict) else value


def _schema(kind: inspect.Type, *, is_in_list: bool) -> Schema:
    match kind:
        case inspect.Metadata(type=inner, extra_json_schema=extra):
            return _schema(inner, is_in_list=is_in_list) | (extra or {})
        case inspect.UnionType():
            return _union(kind, is_in_list=is_in_list)
        case inspect.StructType(cls=cls):
            return object_schema(cls, is_in_list=is_in_list)
        case inspect.VarTupleType():
            return _list(kind)
        case inspect.LiteralType(values=values):
            return {"type": "integer" if isinstance(values[0], int) else "string", "enum": list(values)}
        case inspect.DateTimeType():
            return {"type": "string", "format": "date-time"}
        case inspect.BoolType():
            return {"type": "boolean"}
        case inspect.IntType(ge=low, le=high):
            size = "int32" if high is not None and high <= INT32_MAX else "int64"
            return {"type": "integer", "format": size} | _given(minimum=low, maximum=high)
        case inspect.StrType(min_length=shortest, max_length=longest, pattern=pattern):
            return {"type": "string"} | _given(minLength=shortest, maxLength=longest, pattern=go_pattern(pattern))
    raise NotImplementedError(f"no schema yet for {kind}")


def _list(kind: inspect.VarTupleType) -> Schema:
    bounds = _given(minItems=kind.min_length, maxItems=kind.max_length)
    # Replaced by another where owners may share the list.
    merging = {"x-kubernetes-list-type": "atomic"}
    return {"type": "array", "items": _schema(kind.item_type, is_in_list=True)} | bounds | merging


def _union(kind: inspect.UnionType, *, is_in_list: bool) -> Schema:
    real = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
    if len(real) == 1:
        return _schema(real[0], is_in_list=is_in_list)
    if any(isinstance(one, inspect.BoolType) for one in real):
        return _scalar(real)
    is_number = any(isinstance(_bare(one), inspect.IntType) for one in real)
    return _number_or_text(real) if is_number else _text_or_list(real)


def _number_or_text(kinds: list[inspect.Type]) -> Schema:
    """What is a number or a text: the keywords of one type say nothing about values of another."""
    schema: Schema = {"x-kubernetes-int-or-string": True}
    for kind in kinds:
        schema |= _schema(kind, is_in_list=True)
    return {key: value for key, value in schema.items() if key not in ("type", "format")}


def _text_or_list(kinds: list[inspect.Type]) -> Schema:
    """What is one of some words or a list, which for a structural schema has no type.

    The keywords of one type say nothing about values of another, so those of both stand side by side. What is neither
    a text nor a list passes here and is refused by the compiler; and no rule can see the value.
    """
    words = next(one for one in kinds if isinstance(one, inspect.LiteralType))
    items = next(one for one in map(_bare, kinds) if isinstance(one, inspect.VarTupleType))
    schema = {
        "x-kubernetes-preserve-unknown-fields": True,
        "pattern": f"^({'|'.join(map(str, words.values))})$",
        **_list(items),
    }
    return {key: value for key, value in schema.items() if key not in ("type", "x-kubernetes-list-type")}


def _scalar(kinds: list[inspect.Type]) -> Schema:
    """What is a text, a number or a boolean, which for a structural schema has no type.

    The bounds are a text's; those of a list and of an object can't be kept, so that neither is taken. No rule can see
    the value, nor the list that it stands in.
    """
    text = next(one for one in map(_bare, kinds) if isinstance(one, inspect.StrType))
    nothing_else = {"minItems": 1, "maxItems": 0, "minProperties": 1, "maxProperties": 0}
    bounds = {key: value for key, value in _schema(text, is_in_list=True).items() if key != "type"}
    return {"x-kubernetes-preserve-unknown-fields": True, **bounds, **nothing_else}


def _bare(kind: inspect.Type) -> inspect.Type:
    return kind.type if isinstance(kind, inspect.Metadata) else kind


def go_pattern(pattern: str | None) -> str | None:
    r"""A pattern of Python for the API server: what is `\Z` here is `$` there, and `$` there takes no line feed."""
    return pattern.removesuffix(r"\Z") + "$" if pattern and pattern.endswith(r"\Z") else pattern


def _given(**bounds: Any) -> Schema:
    return {name: bound for name, bound in bounds.items() if bound is not None}


def descriptions(schema: Schema, path: str = "") -> Iterator[tuple[str, str]]:
    """Each field's path and prose, the object's own first."""
    yield path, schema.get("description", "")
    items = schema.get("items", {})
    for name, one in (schema.get("properties") or items.get("properties") or {}).items():
        yield from descriptions(one, f"{path}.{name}")
