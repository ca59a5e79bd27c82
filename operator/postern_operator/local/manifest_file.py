"""The bytes of one file into objects, with the line of whatever can't be read.

Which files there are belongs in `folder_source`.  A file is read whole or not at
all: what the broken part of one would have refused is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from postern_core.parse import Parsed, is_known, parse_manifest
from postern_operator.errors import ManifestError

from .manifest_json import json_document
from .manifest_yaml import Document, yaml_documents

# Several times what 10,000 routes and 50,000 credentials with their Secrets need.
FILE_BYTES_MAX = 64 * 2**20

# A line that begins a document.  No scalar of any style may hold such a line (YAML 1.2, production c-forbidden).
_MARKER = re.compile(rb"^---(?=[ \t\r\n])", re.MULTILINE)
# Where a file has these, its documents are not independent texts.
_DIRECTIVE_OR_END = re.compile(rb"^(?:%|\.\.\.)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FileMistake:
    """Why a file, or an object in it, is not taken; `line` and `column` count from 1."""

    path: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.message}"


@dataclass(frozen=True, slots=True)
class Foreign:
    """An object of a kind that the compiler does not read."""

    origin: str
    api_version: str
    kind: str


@dataclass(frozen=True, slots=True)
class FileContent:
    """What one file holds; an object's `origin` is `path:line` of where it begins."""

    objects: tuple[Parsed, ...] = ()
    foreign: tuple[Foreign, ...] = ()
    mistakes: tuple[FileMistake, ...] = ()


@dataclass(slots=True)
class FileMemo:
    """The objects by the text of their document, kept from one reading of a file to the next."""

    texts: dict[bytes, tuple[int, FileContent]] = field(default_factory=dict)


def read_manifests(content: bytes, path: str, memo: FileMemo | None = None) -> FileContent:
    """Read all objects of a file; with a mistake, its place and no objects.

    A document that is in `memo` word for word is not parsed again.
    """
    memo = memo or FileMemo()
    objects: list[Parsed] = []
    foreign: list[Foreign] = []
    kept: dict[bytes, tuple[int, FileContent]] = {}
    try:
        for line, text in texts_of(content, path):
            part = _at(memo.texts.get(text), line, path) or _read(text, line, path)
            kept[text] = (line, part)
            objects += part.objects
            foreign += part.foreign
    except ManifestError as error:
        return FileContent(mistakes=(FileMistake(path, error.line, error.column, str(error)),))
    memo.texts = kept
    return FileContent(tuple(objects), tuple(foreign))


def texts_of(content: bytes, path: str) -> Iterator[tuple[int, bytes]]:
    """Yield the texts that can be read apart from each other, each with its first line; raises `ManifestError`."""
    if len(content) > FILE_BYTES_MAX:
        raise ManifestError(f"is larger than {FILE_BYTES_MAX} bytes; spread the objects over several files", 1, 1)
    content = content.removeprefix(b"\xef\xbb\xbf")
    if path.endswith(".json") or _DIRECTIVE_OR_END.search(content):
        yield 1, content
        return
    line, start = 1, 0
    for marker in _MARKER.finditer(content):
        text = content[start : marker.start()]
        yield line, text
        line += text.count(b"\n")
        start = marker.start()
    yield line, content[start:]


def _at(known: tuple[int, FileContent] | None, line: int, path: str) -> FileContent | None:
    """What is known of a text, moved to the line where it stands now."""
    if known is None:
        return None
    moved = line - known[0]
    if not moved:
        return known[1]

    def origin(before: str) -> str:
        return f"{path}:{int(before.rpartition(':')[2]) + moved}"

    return FileContent(
        tuple(replace(parsed, origin=origin(parsed.origin)) for parsed in known[1].objects),
        tuple(replace(one, origin=origin(one.origin)) for one in known[1].foreign),
    )


def _read(content: bytes, first_line: int, path: str) -> FileContent:
    """Read one text; raises `ManifestError` with the line in the file."""
    objects: list[Parsed] = []
    foreign: list[Foreign] = []
    try:
        text = _decoded(content)
        documents = [json_document(text)] if path.endswith(".json") and text.strip() else yaml_documents(text)
        for document in documents:
            for manifest, line in manifests_of(document):
                origin = f"{path}:{line + first_line - 1}"
                if is_known(manifest):
                    objects.append(parse_manifest(manifest, origin))
                else:
                    foreign.append(Foreign(origin, str(manifest["apiVersion"]), str(manifest["kind"])))
    except ManifestError as error:
        raise ManifestError(str(error), error.line + first_line - 1, error.column) from None
    return FileContent(tuple(objects), tuple(foreign))


def _decoded(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start]
        column = error.start - (before.rfind(b"\n") + 1) + 1
        raise ManifestError("is not UTF-8; save it as UTF-8", before.count(b"\n") + 1, column) from None


def manifests_of(document: Document) -> Iterator[tuple[dict[str, Any], int]]:
    """The manifests of a document with their lines, those within lists one by one."""
    waiting = [(document.value, document.line)]
    while waiting:
        value, line = waiting.pop()
        if value is None:
            continue
        if not isinstance(value, dict):
            raise ManifestError("is not a manifest: it must be a mapping with apiVersion, kind and metadata", line, 1)
        for name in ("apiVersion", "kind"):
            if not isinstance(value.get(name), str) or not value[name]:
                raise ManifestError(f"is not a manifest: it must have {name}, as a text", line, 1)
        items = value.get("items")
        if value["kind"].endswith("List") and isinstance(items, list):
            inherited = {"apiVersion": value["apiVersion"], "kind": value["kind"].removesuffix("List")}
            # The items of a RouteList need not say that they are Routes.
            defaults = inherited if inherited["kind"] else {}
            for item in reversed(items):
                whole = {**defaults, **item} if isinstance(item, dict) else item
                waiting.append((whole, document.item_lines.get(id(item), line)))
        else:
            yield value, line
