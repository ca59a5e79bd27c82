"""The fields of a form, and what they are in a manifest. Pure.

A form covers some fields of a spec; all others stay as they are.  Which fields a kind has belongs in `forms`.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Form = Mapping[str, Sequence[str]]

# A longer one is no number of a manifest, and Python reads none of 5,000 digits.
DIGITS_MAX = 18
# Blocks that mean nothing without a field of their own.
PRUNED = ("allow", "service", "secretRef", "0", "keys")


@dataclass(frozen=True, slots=True)
class Column:
    """One input of each row; without `choices` a text."""

    name: str
    label: str
    choices: tuple[str, ...] = ()


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form; `path` is where it stands below spec.

    `input` is text, words, lines, tick, choice, area or rows.  `default` is what a manifest without it means.  `to_row`
    and `from_row` are between an element of a list and its row, where they are not the same.
    """

    path: tuple[str, ...]
    label: str
    input: str = "text"
    default: Any = ""
    choices: tuple[tuple[str, str], ...] = ()
    columns: tuple[Column, ...] = ()
    placeholder: str = ""
    hint: str = ""
    section: str = ""
    to_row: Callable[[Any], Any] = _same
    from_row: Callable[[Any], Any] = _same

    @property
    def name(self) -> str:
        return ".".join(self.path)


def shown_values(fields: Sequence[Field], spec: Mapping[str, Any]) -> dict[str, Any]:
    """What the inputs of a form hold for a spec: a text, a truth, or a list of rows."""
    values: dict[str, Any] = {}
    for field in fields:
        value = value_at(spec, field.path, field.default)
        if field.input in ("words", "lines"):
            values[field.name] = (" " if field.input == "words" else "\n").join(map(str, value))
        elif field.input == "rows":
            values[field.name] = [field.to_row(one) for one in value]
        else:
            values[field.name] = value if isinstance(value, bool) else str(value)
    return values


def typed_values(fields: Sequence[Field], form: Form) -> dict[str, Any]:
    """What the inputs of a form hold that was sent: it is shown again where something is wrong."""
    values: dict[str, Any] = {}
    for field in fields:
        if field.input == "rows":
            values[field.name] = _rows(field, form)
        else:
            text = (form.get(field.name) or [""])[0].replace("\r\n", "\n")
            values[field.name] = bool(text) if field.input == "tick" else text
    return values


def spec_with(fields: Sequence[Field], spec: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The spec with what was typed; a field that means the same as before is not touched."""
    changed = copy.deepcopy(dict(spec))
    for field in fields:
        value = _value(field, values[field.name])
        if value == value_at(changed, field.path, field.default):
            continue
        _put(changed, field.path, None if value in (field.default, "", []) else value)
    return changed


def value_at(spec: Mapping[str, Any], path: Sequence[str], otherwise: Any) -> Any:
    """What stands at a path, or what a spec without it means."""
    found: Any = spec
    for name in path:
        if not isinstance(found, Mapping) or name not in found:
            return otherwise
        found = found[name]
    return found


def _rows(field: Field, form: Form) -> list[dict[str, str]]:
    columns = [form.get(f"{field.name}.{column.name}", ()) for column in field.columns]
    names = [column.name for column in field.columns]
    texts = [column.name for column in field.columns if not column.choices]
    rows = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=False)]
    return [row for row in rows if any(row[name] for name in texts)]


def _value(field: Field, typed: Any) -> Any:
    """What was typed, as a manifest has it."""
    if field.input == "words":
        return [word for word in re.split(r"[\s,]+", typed) if word]
    if field.input == "lines":
        return [line.strip() for line in typed.split("\n") if line.strip()]
    if field.input == "rows":
        return [field.from_row(row) for row in typed]
    if field.input == "number" and typed.isascii() and typed.isdecimal() and len(typed) <= DIGITS_MAX:
        return int(typed)
    return typed if isinstance(typed, bool) or field.input == "area" else typed.strip()


def _put(spec: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Set a field, or remove it for None, and then what means nothing without it."""
    blocks = [spec]
    for name in path[:-1]:
        inner = blocks[-1].get(name)
        if not isinstance(inner, dict):
            if value is None:
                return
            inner = blocks[-1][name] = {}
        blocks.append(inner)
    if value is not None:
        blocks[-1][path[-1]] = value
        return
    blocks[-1].pop(path[-1], None)
    for block, name in zip(reversed(blocks[:-1]), reversed(path[:-1]), strict=True):
        if not block[name] and name in PRUNED:
            del block[name]
