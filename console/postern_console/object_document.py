"""The manifest of an object as its file has it now."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from postern_core.parse import Parsed, is_known, parse_manifest
from postern_kit.regular_file import read_regular
from postern_operator.errors import ManifestError
from postern_operator.local.manifest_file import manifests_of, texts_of
from postern_operator.local.manifest_json import json_document
from postern_operator.local.manifest_yaml import yaml_documents


@dataclass(frozen=True, slots=True)
class ObjectDocument:
    """Where an object stands, and what is written there.

    A document of a cluster has no line; `live` is all that the API server has of it, where it was asked for.
    """

    path: str
    line: int | None
    manifest: Mapping[str, Any]
    live: Mapping[str, Any] | None = None


def document_of(parsed: Parsed) -> ObjectDocument | None:
    """Read the object's manifest; None where the file has changed so much that it is no longer there."""
    path, _, line = parsed.origin.rpartition(":")
    try:
        texts = list(texts_of(read_regular(Path(path)), path))
        first_line, text = texts[bisect_right(texts, int(line), key=lambda it: it[0]) - 1]
        documents = [json_document(text.decode())] if path.endswith(".json") else yaml_documents(text.decode())
    except (OSError, ManifestError, UnicodeDecodeError):
        return None
    for manifest, at in (found for document in documents for found in manifests_of(document)):
        if at + first_line - 1 == int(line) and is_known(manifest) and parse_manifest(manifest).ref == parsed.ref:
            return ObjectDocument(path, int(line), manifest)
    return None
