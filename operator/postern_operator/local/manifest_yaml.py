"""YAML without surprises: texts into mappings, lists, texts, numbers, booleans and null, and nothing else.

What they mean belongs in `manifest_file`.

Rules of this file:
1. A plain scalar is what JSON would take it for, or null when it is empty or `~`; everything else is a text.  So
   `yes`, `on`, `0777`, `1_000` and dates are texts.
2. A key is a text, and comes once.
3. An alias counts as often as it is used, so that a small file can't become a large one.
4. Nothing here recurses: however deep a file nests, it ends with a mistake and not with the stack.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.reader import ReaderError

from postern_operator.errors import ManifestError

# Far more than any manifest has, far less than what the compiler's own recursion takes.
DEPTH_MAX = 64
# Nodes of one document that aliases may stand for.
ALIASED_NODES_MAX = 100_000
# Longer numbers are mistakes, and Python refuses to read very long ones.
NUMBER_LENGTH_MAX = 64

MERGE_MISTAKE = "`<<` takes a mapping or a list of mappings"

_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z")
_TAGS = {
    yaml.ScalarEvent: "tag:yaml.org,2002:str",
    yaml.MappingStartEvent: "tag:yaml.org,2002:map",
    yaml.SequenceStartEvent: "tag:yaml.org,2002:seq",
}
_NO_KEY: Any = object()
_MERGE_KEY: Any = object()


@dataclass(frozen=True, slots=True)
class Document:
    """One document, the line where it begins, and those of the elements of its `items` (by `id`)."""

    value: Any
    line: int
    item_lines: dict[int, int]


def yaml_documents(text: str) -> list[Document]:
    """Read all documents of a text; raises `ManifestError` at the first mistake."""
    builder = _Builder()
    documents: list[Document] = []
    try:
        parser = yaml.CBaseLoader(text)
        while True:
            event = parser.get_event()
            kind = type(event)
            if kind is yaml.ScalarEvent:
                builder.scalar(event)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                builder.close(event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                builder.open(event)
            elif kind is yaml.AliasEvent:
                builder.alias(event)
            elif kind is yaml.DocumentEndEvent:
                documents.append(Document(builder.root, builder.line, builder.item_lines))
                builder = _Builder()
            elif kind is yaml.StreamEndEvent:
                return documents
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, text) from None
    except ReaderError as error:
        raise _unprintable(error, text) from None


@dataclass(slots=True)
class _Frame:
    """A mapping or list that is not complete yet."""

    value: Any
    anchor: str | None
    nodes_before: int
    holds_items: bool
    height: int = 1
    key: Any = _NO_KEY
    merged: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Anchored:
    """What an alias stands for, with its number of nodes and how deep it nests."""

    value: Any
    nodes: int
    height: int


class _Builder:
    """Makes the value of one document from its events."""

    def __init__(self) -> None:
        self.root: Any = None
        self.line = 0
        self.item_lines: dict[int, int] = {}
        self._stack: list[_Frame] = []
        self._anchors: dict[str, _Anchored] = {}
        self._nodes = 0
        self._aliased = 0

    def scalar(self, event: Any) -> None:
        if event.tag is not None:
            _check_tag(event)
        self._nodes += 1
        top = self._stack[-1] if self._stack else None
        if top is not None and type(top.value) is dict and top.key is _NO_KEY:
            value: Any = event.value
            self._key(top, value, event)
        else:
            value = _plain(event) if event.tag is None and not event.style else event.value
            self._put(value, event)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(value, 1, 0)

    def open(self, event: Any) -> None:
        if event.tag is not None:
            _check_tag(event)
        stack = self._stack
        if len(stack) >= DEPTH_MAX:
            raise _mistake(event, f"nests deeper than {DEPTH_MAX}")
        self._nodes += 1
        value: Any = {} if type(event) is yaml.MappingStartEvent else []
        line = event.start_mark.line + 1
        holds_items = len(stack) == 1 and stack[0].key == "items"
        if stack and stack[-1].holds_items:
            self.item_lines[id(value)] = line
        self._put(value, event)
        stack.append(_Frame(value, event.anchor, self._nodes, holds_items))

    def close(self, event: Any) -> None:
        frame = self._stack.pop()
        if frame.merged:
            _merge(frame, event)
        if frame.anchor is not None:
            nodes = self._nodes - frame.nodes_before + 1
            self._anchors[frame.anchor] = _Anchored(frame.value, nodes, frame.height)
        if self._stack:
            self._stack[-1].height = max(self._stack[-1].height, frame.height + 1)

    def alias(self, event: Any) -> None:
        known = self._anchors.get(event.anchor)
        if known is None:
            raise _mistake(event, f"the alias *{event.anchor} refers to no value that is complete before it")
        self._nodes += known.nodes
        self._aliased += known.nodes
        if self._aliased > ALIASED_NODES_MAX:
            raise _mistake(event, f"aliases stand for more than {ALIASED_NODES_MAX} values; write fewer of them")
        if len(self._stack) + known.height > DEPTH_MAX:
            raise _mistake(event, f"nests deeper than {DEPTH_MAX} through the alias *{event.anchor}")
        self._stack[-1].height = max(self._stack[-1].height, known.height + 1)
        # A copy: what is written once may be changed in one of its places alone.
        self._put(copy.deepcopy(known.value), event)

    def _key(self, frame: _Frame, key: str, event: Any) -> None:
        is_merge = key == "<<" and not event.style
        if frame.merged if is_merge else key in frame.value:
            raise _mistake(event, f"the key {key!r} is repeated in this mapping; remove one of the two")
        frame.key = _MERGE_KEY if is_merge else key

    def _put(self, value: Any, event: Any) -> None:
        """Put a value where the text has it."""
        if not self._stack:
            self.root, self.line = value, event.start_mark.line + 1
            return
        frame = self._stack[-1]
        if type(frame.value) is list:
            frame.value.append(value)
            return
        if frame.key is _NO_KEY:
            raise _mistake(event, "a key must be a string, and no alias")
        if frame.key is _MERGE_KEY:
            if type(value) not in (dict, list):
                raise _mistake(event, MERGE_MISTAKE)
            frame.merged.append(value)
        else:
            frame.value[frame.key] = value
        frame.key = _NO_KEY


def _merge(frame: _Frame, event: Any) -> None:
    """Add what `<<` brings: the mapping's own keys win, then those of earlier sources."""
    (source,) = frame.merged
    for mapping in source if type(source) is list else (source,):
        if type(mapping) is not dict:
            raise _mistake(event, MERGE_MISTAKE)
        for key, value in mapping.items():
            frame.value.setdefault(key, value)


def _plain(event: Any) -> Any:
    """What a plain scalar is."""
    text = event.value
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "-0123456789":
        return text
    number = _NUMBER.match(text)
    if not number:
        return text
    if len(text) > NUMBER_LENGTH_MAX:
        raise _mistake(event, f"is a number of {len(text)} characters; if it is a text, put it in quotes")
    return float(text) if number[1] or number[2] else int(text)


def _check_tag(event: Any) -> None:
    if event.tag not in ("!", _TAGS[type(event)]):
        raise _mistake(event, "has a tag that is not supported; write the value without it")


def _mistake(event: Any, message: str) -> ManifestError:
    return ManifestError(message, event.start_mark.line + 1, event.start_mark.column + 1)


def _syntax_error(error: yaml.MarkedYAMLError, text: str) -> ManifestError:
    """What libyaml says, which quotes nothing of the text."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    message = error.problem or "can't be read as YAML"
    if error.context:
        message = f"{message} ({error.context})"
    lines = text.splitlines()
    if line < len(lines) and lines[line][column : column + 1] == "\t":
        message = "a tab can't indent or begin a value; use spaces"
    return ManifestError(message, line + 1, column + 1)


def _unprintable(error: ReaderError, text: str) -> ManifestError:
    """A character that YAML does not allow; the reader says where in bytes."""
    before = text.encode()[: error.position].decode("utf-8", "replace")
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    return ManifestError("has a control character, which YAML allows as an escape in double quotes only", line, column)
