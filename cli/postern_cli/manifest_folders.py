"""The manifests of folders as they were written, of any kind, read as strictly as those that are served."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from postern_kit.regular_file import read_regular
from postern_operator.errors import ManifestError
from postern_operator.local.folder_source import SUFFIXES
from postern_operator.local.manifest_file import manifests_of, texts_of
from postern_operator.local.manifest_json import json_document
from postern_operator.local.manifest_yaml import yaml_documents


def written_manifests(paths: Sequence[Path]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each manifest with its place, `path:line`; raises `click.ClickException` with the place of a mistake."""
    for path in paths:
        files = [path] if path.is_file() else sorted(it for it in path.rglob("*") if it.name.endswith(SUFFIXES))
        for file in files:
            if file.is_file() and not any(part.startswith(".") for part in file.relative_to(path).parts):
                yield from _manifests_in(str(file))


def _manifests_in(path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        for first, text in texts_of(read_regular(Path(path)), path):
            try:
                content = text.decode()
                is_json = path.endswith(".json") and content.strip()
                documents = [json_document(content)] if is_json else yaml_documents(content)
                found = [pair for document in documents for pair in manifests_of(document)]
            except ManifestError as error:
                raise ManifestError(str(error), error.line + first - 1, error.column) from None
            for manifest, line in found:
                yield f"{path}:{line + first - 1}", manifest
    except ManifestError as error:
        raise click.ClickException(f"{path}:{error.line}:{error.column}: {error}") from None
    except UnicodeDecodeError:
        raise click.ClickException(f"{path}: is not UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise click.ClickException(f"{path}: can't be read: {error.strerror}") from None
