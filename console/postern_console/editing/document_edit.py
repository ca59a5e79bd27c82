"""The text of one YAML document with another value: only what changes is written anew, and comments stay. Pure.

Entries of block mappings are replaced, added and removed by whole lines.  What comes of it is read again; where that
is not the value that was meant, as with anchors, the document is written anew as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from postern_operator.errors import ManifestError
from postern_operator.local.manifest_yaml import yaml_documents

# A line that is broken is harder to compare.
WIDTH = 10_000


class _Representer(yaml.representer.SafeRepresenter):
    """Writes a list or mapping that comes twice twice, and not as an alias; quotes what only quotes keep a text.

    PyYAML writes by YAML 1.1, in which `1e3` is a text; the reader of manifests takes it for a number, as JSON does.
    """

    def ignore_aliases(self, _: Any) -> bool:
        return True

    def represent_text(self, text: str) -> yaml.ScalarNode:
        style = None if _reads_as(text, text) else "'"
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Representer.add_representer(str, _Representer.represent_text)


def new_document(value: Mapping[str, Any]) -> str:
    """A document of its own; the innermost lists and mappings are in one line each."""
    # None is what the innermost are written in one line with; the stubs know only the other two.
    root = _Representer(default_flow_style=None, sort_keys=False).represent_data(dict(value))  # type: ignore[arg-type]
    assert isinstance(root, yaml.MappingNode)
    root.flow_style = False
    text: str = yaml.serialize(root, Dumper=yaml.SafeDumper, allow_unicode=True, width=WIDTH)
    return text


def edited_document(text: str, value: Mapping[str, Any]) -> str:
    """The text with the value in place of the one that it has."""
    edited = _edited(text, value)
    return edited if _reads_as(edited, value) else _whole(text, value)


def _edited(text: str, value: Mapping[str, Any]) -> str:
    lines = text.splitlines(keepends=True)
    (document,) = yaml_documents(text)
    try:
        root = yaml.compose(text, Loader=yaml.CBaseLoader)
    except yaml.YAMLError:  # An anchor that comes twice, which the reader of manifests allows.
        return ""
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        return ""
    edits: list[tuple[int, int, str]] = []
    _compare(root, document.value, value, lines, edits)
    for start, end, new in sorted(edits, reverse=True):
        if start > 0 and start == end and not lines[start - 1].endswith("\n"):
            lines[start - 1] += "\n"
        lines[start:end] = [new] if new else []
    return "".join(lines)


def _compare(
    node: yaml.MappingNode,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    lines: list[str],
    edits: list[tuple[int, int, str]],
) -> None:
    """Note which lines become others, for one block mapping."""
    column = node.value[0][0].start_mark.column
    last = 0
    for key, value in node.value:
        start, end = key.start_mark.line, _end_of(value, key, lines)
        last = max(last, end)
        name = key.value
        if name not in new:
            edits.append((start, end, ""))
        elif name not in old or old[name] == new[name]:
            continue
        elif _is_block(value, key) and isinstance(new[name], Mapping) and new[name]:
            _compare(value, old[name], new[name], lines, edits)
        else:
            edits.append((start, end, _entry(name, new[name], column)))
    added = "".join(_entry(name, value, column) for name, value in new.items() if name not in old)
    if added:
        edits.append((last, last, added))


def _is_block(value: yaml.Node, key: yaml.Node) -> bool:
    """Whether a value is a mapping whose entries have lines of their own."""
    is_mapping = isinstance(value, yaml.MappingNode) and not value.flow_style and bool(value.value)
    return is_mapping and value.start_mark.line > key.start_mark.line


def _end_of(value: yaml.Node, key: yaml.Node, lines: list[str]) -> int:
    """The line behind an entry: the mark of a block is behind the comments that follow it, which are not its own."""
    last = value
    while isinstance(last, yaml.CollectionNode) and not last.flow_style and last.value:
        last = last.value[-1][1] if isinstance(last, yaml.MappingNode) else last.value[-1]
    mark = last.end_mark
    is_block_text = isinstance(last, yaml.ScalarNode) and last.style in ("|", ">")
    end = mark.line + (mark.column > 0 and not is_block_text)
    return max(min(end, len(lines)), key.start_mark.line + 1)


def _is_empty(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _entry(name: str, value: Any, column: int) -> str:
    return "".join(" " * column + line for line in new_document({name: value}).splitlines(keepends=True))


def _reads_as(text: str, value: Any) -> bool:
    try:
        documents = yaml_documents(text)
    except ManifestError:
        return False
    return len(documents) == 1 and documents[0].value == value


def _whole(text: str, value: Mapping[str, Any]) -> str:
    """The comments before the document, and the document anew."""
    head = []
    for line in text.splitlines(keepends=True):
        if not _is_empty(line) and not line.startswith("---"):
            break
        head.append(line)
    return "".join(head) + new_document(value)
