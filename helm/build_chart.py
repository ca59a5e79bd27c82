"""Write the schema of the chart's values and the chart's README, from values.yaml and its comments.

The comment above a value is its description in both.  What a value may be, where its default doesn't show that, is in
shapes.yaml; the README's prose is in README.template.md.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
CHART = HERE / "postern"
MARK = "<!-- values -->\n"
# Longer ones would make the table's other columns narrow.
DEFAULT_MAX = 110
TYPES = {str: "string", bool: "boolean", int: "integer", list: "array", dict: "object"}


@dataclass(frozen=True, slots=True)
class Value:
    """One value: its name, what stands above it, its default, and what it is made of; nothing for a leaf."""

    path: str
    description: str
    default: Any
    parts: tuple[Value, ...]

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]


def main() -> int:
    """Write both anew."""
    (CHART / "values.schema.json").write_text(schema_text(), encoding="utf-8")
    (CHART / "README.md").write_text(readme_text(), encoding="utf-8")
    return 0


def schema_text() -> str:
    """The file of the schema, as it must be on disk."""
    values, shapes = read_values(), read_shapes()
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        **_object(values, shapes),
        "definitions": {"gateway": _object(_find(values, "gatewayDefaults").parts, shapes)},
    }
    # helm hands these to a chart that another one contains.
    schema["properties"]["global"] = {"description": "Values of a chart around this one; not looked at.", **_FREE}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def readme_text() -> str:
    """The README, as it must be on disk."""
    before, mark, after = (HERE / "README.template.md").read_text(encoding="utf-8").partition(MARK)
    assert mark, f"README.template.md has no {MARK!r}"
    alone = [value for value in read_values() if not value.parts]
    tables = ["\n".join(_table(alone)), *(_section(value) for value in read_values() if value.parts)]
    return before + "\n".join(tables) + after


def read_values() -> tuple[Value, ...]:
    """All values with their comments, in the order of the file."""
    text = (CHART / "values.yaml").read_text(encoding="utf-8")
    node = yaml.compose(text)
    assert isinstance(node, yaml.MappingNode)
    return tuple(_values("", node, yaml.safe_load(text), text.splitlines(), set(read_shapes())))


def read_shapes() -> dict[str, dict[str, Any]]:
    """The shapes, by path or last name."""
    return dict(yaml.safe_load((HERE / "shapes.yaml").read_text(encoding="utf-8"))["shapes"])


def shape_of(path: str, shapes: Mapping[str, Any] | set[str]) -> str | None:
    """Under which key the shape of a value is, if it has one."""
    return next((key for key in (path, path.rpartition(".")[2]) if key in shapes), None)


_FREE = {"type": "object"}


def _values(
    above: str, node: yaml.MappingNode, content: Mapping[str, Any], lines: list[str], shaped: set[str]
) -> Iterator[Value]:
    for key, child in node.value:
        path, default = f"{above}{key.value}", content[key.value]
        has_parts = isinstance(child, yaml.MappingNode) and bool(child.value) and not shape_of(path, shaped)
        parts = tuple(_values(f"{path}.", child, default, lines, shaped)) if has_parts else ()
        yield Value(path, _comment_above(key.start_mark.line, lines), default, parts)


def _comment_above(line: int, lines: list[str]) -> str:
    found: list[str] = []
    while line and lines[line - 1].strip().startswith("#"):
        line -= 1
        found.insert(0, lines[line].strip().removeprefix("#").strip())
    return " ".join(found)


def _find(values: tuple[Value, ...], name: str) -> Value:
    return next(value for value in values if value.name == name)


def _object(parts: tuple[Value, ...], shapes: Mapping[str, Any]) -> dict[str, Any]:
    properties = {value.name: {"description": value.description, **_schema(value, shapes)} for value in parts}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _schema(value: Value, shapes: Mapping[str, Any]) -> dict[str, Any]:
    if value.parts:
        return _object(value.parts, shapes)
    key = shape_of(value.path, shapes)
    if key:
        return dict(shapes[key])
    assert value.default not in ({}, []), f"{value.path} needs a shape: its default shows none"
    type_ = TYPES[type(value.default)]
    return {"type": type_, "minimum": 0} if type_ == "integer" else {"type": type_}


def _section(value: Value) -> str:
    return "\n".join([f"### {value.path}", "", _sentences(value.description), "", *_table(_leaves(value))])


def _table(values: list[Value]) -> list[str]:
    rows = [
        f"| `{value.path}` | {'' if value.parts else _default(value.default)} | {_cell(value.description)} |"
        for value in values
    ]
    return ["| value | default | meaning |", "| --- | --- | --- |", *rows, ""]


def _leaves(value: Value) -> list[Value]:
    """What can be set below a value; a group that has words of its own is told before its parts."""
    found: list[Value] = []
    for part in value.parts:
        found += [part, *_leaves(part)] if part.parts else [part]
    return found


def _default(default: Any) -> str:
    text = _cell(json.dumps(default, ensure_ascii=False))
    return f"`{text}`" if len(text) <= DEFAULT_MAX else "see values.yaml"


def _sentences(text: str) -> str:
    """One sentence a line."""
    return text.replace(".  ", ".\n")


def _cell(text: str) -> str:
    """A text fit for one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
