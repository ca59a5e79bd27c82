"""Where a field of an object stands in its file, for messages about it.

Only what has a problem is looked up, so reading manifests pays nothing for it.
What a manifest means belongs in `manifests`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from postern_core.ref import Ref
from postern_kit.regular_file import read_regular
from postern_operator.errors import ManifestError

from .manifest_file import texts_of

MERGE_KEY = "<<"


@dataclass(frozen=True, slots=True)
class Position:
    """A line and a column, both counted from 1."""

    line: int
    column: int


class FieldPositions:
    """Looks up fields in files, each of which is read once; make a new one for each report."""

    def __init__(self) -> None:
        self._texts: dict[str, list[tuple[int, bytes]]] = {}
        self._roots: dict[tuple[str, int], list[yaml.Node]] = {}

    def find(self, ref: Ref, origin: str, field: str) -> Position | None:
        """Return where `field` of an object stands, or the nearest field above it that is written.

        `origin` is the object's `path:line`.  None where the file has changed so much since it was read that the
        object is no longer there, or can't be read any more.
        """
        path, _, line = origin.rpartition(":")
        if not line.isdecimal():
            return None
        try:
            found = self._object_at(ref, path, int(line))
        except (OSError, ManifestError, UnicodeDecodeError, yaml.YAMLError, RecursionError):
            return None
        if found is None:
            return None
        node, offset = found
        mark = _mark_of(node, field)
        return Position(mark.line + 1 + offset, mark.column + 1)

    def _object_at(self, ref: Ref, path: str, line: int) -> tuple[yaml.Node, int] | None:
        """The node of an object, and how many lines of the file stand before its text."""
        if path not in self._texts:
            self._texts[path] = list(texts_of(read_regular(Path(path)), path))
        texts = self._texts[path]
        index = bisect_right(texts, line, key=lambda text: text[0]) - 1
        first_line, text = texts[index]
        if (path, first_line) not in self._roots:
            self._roots[path, first_line] = list(yaml.compose_all(text.decode(), Loader=yaml.CBaseLoader))
        offset = first_line - 1
        candidates = [
            node
            for root in self._roots[path, first_line]
            for node in _objects_of(root)
            # The reader of JSON knows only where the document begins.
            if line in (node.start_mark.line + 1 + offset, root.start_mark.line + 1 + offset)
        ]
        named = [node for node in candidates if _is_named(node, ref)]
        return ((named or candidates)[0], offset) if candidates else None


def _objects_of(root: yaml.Node) -> Iterator[yaml.Node]:
    """The document itself, after the items of a list that it may be."""
    if isinstance(root, yaml.MappingNode):
        for key, value in root.value:
            if key.value == "items" and isinstance(value, yaml.SequenceNode):
                for item in value.value:
                    yield from _objects_of(item)
    yield root


def _is_named(node: yaml.Node, ref: Ref) -> bool:
    entries = _texts_below(node)
    metadata = _texts_below(entries.get("metadata"))
    namespace = metadata.get("namespace")
    return (
        _text(metadata.get("name")) == ref.name
        and (namespace is None or _text(namespace) in ("", ref.namespace))
        and _text(entries.get("kind")) in (ref.kind, "")
    )


def _texts_below(node: yaml.Node | None) -> dict[str, yaml.Node]:
    return {key.value: value for key, value in node.value} if isinstance(node, yaml.MappingNode) else {}


def _text(node: yaml.Node | None) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def _mark_of(node: yaml.Node, field: str) -> yaml.Mark:
    """The beginning of a field's name, or of a list's element; of the last part of the path that is there."""
    mark = node.start_mark
    rest = field
    while rest:
        found = _element(node, rest) if rest.startswith("[") else _member(node, rest.removeprefix("."))
        if found is None:
            break
        mark, node, rest = found
    return mark


def _element(node: yaml.Node, path: str) -> tuple[yaml.Mark, yaml.Node, str] | None:
    number, _, rest = path[1:].partition("]")
    if isinstance(node, yaml.MappingNode):  # as Kubernetes writes a name with dots: annotations[example.com/name]
        named = _member(node, number)
        return (named[0], named[1], rest) if named is not None and not named[2] else None
    if not isinstance(node, yaml.SequenceNode) or not number.isdecimal() or int(number) >= len(node.value):
        return None
    element = node.value[int(number)]
    return element.start_mark, element, rest


def _member(node: yaml.Node, path: str) -> tuple[yaml.Mark, yaml.Node, str] | None:
    """The member that the path begins with: the longest name, for a name may hold dots itself."""
    if not isinstance(node, yaml.MappingNode):
        return None
    fitting = [
        (len(key.value), key, value)
        for key, value in node.value
        if isinstance(key, yaml.ScalarNode) and _begins_with(path, key.value)
    ]
    if fitting:
        length, key, value = max(fitting, key=lambda it: it[0])
        return key.start_mark, value, path[length:]
    for source in _merged_into(node):
        found = _member(source, path)
        if found is not None:
            return found
    return None


def _begins_with(path: str, name: str) -> bool:
    return bool(name) and path.startswith(name) and path[len(name) : len(name) + 1] in ("", ".", "[")


def _merged_into(node: yaml.MappingNode) -> Iterator[yaml.Node]:
    for key, value in node.value:
        if key.value == MERGE_KEY:
            yield from value.value if isinstance(value, yaml.SequenceNode) else (value,)
