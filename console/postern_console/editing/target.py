"""Where an object is written: in place of its own document, or into a new file; and what the file is then.

A file is read when a change is looked at, and again when it is saved: in between it must not have changed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import time
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from postern_core.parse import Parsed
from postern_core.ref import Ref
from postern_core.resources.types import NAME_PATTERN
from postern_kit.atomic_file import replace_file, replace_shared_file
from postern_kit.regular_file import read_regular
from postern_operator.errors import LocalError, ManifestError
from postern_operator.local.manifest_file import manifests_of, read_manifests, texts_of
from postern_operator.local.manifest_yaml import yaml_documents

from .change import Change, digest_of
from .document_edit import edited_document, new_document

# How long another console may write.
LOCK_S, PAUSE_S = 10.0, 0.02
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class FileChange(Change):
    """A file before and after; `before` is None for a new one, which `is_private` gives to its owner alone."""

    path: Path
    before: bytes | None
    after: bytes = field(repr=False)
    is_private: bool = False

    @property
    def place(self) -> str:
        return str(self.path)

    @property
    def digest(self) -> str:
        return digest_of(str(self.path).encode(), self.before or b"", self.after)


def changed_document(parsed: Parsed, manifest: Mapping[str, Any]) -> FileChange:
    """Replace an object's own document; raises `LocalError` where that can't be done from here."""
    path, _, line = parsed.origin.rpartition(":")
    try:
        content = read_regular(Path(path))
        texts = list(texts_of(content, path))
        index = bisect_right(texts, int(line), key=lambda it: it[0]) - 1
        old = texts[index][1]
        held = read_manifests(old, "")
        is_alone = [it.ref for it in held.objects] == [parsed.ref] and not held.foreign
        text = old.decode()
        documents = [] if path.endswith(".json") or not is_alone or "\r" in text else yaml_documents(text)
        if len(documents) != 1 or "items" in documents[0].value:
            raise LocalError(f"{path}: it shares its document with others, or is no plain YAML; edit it there")
        # The marker is a line of its own nearly always; what else stands in it belongs to the document.
        mark = "---" if re.match(r"---\s", text) else ""
        edited = edited_document(text.removeprefix(mark), manifest)
        # A document that stood in the line of its marker, and is written anew, begins behind it.
        new = mark + ("\n" if mark and not edited[0].isspace() else "") + edited
        before, behind = ([it[1] for it in part] for part in (texts[:index], texts[index + 1 :]))
        after = b"".join([*before, new.encode(), *behind])
        _check(after, [*_manifests_of(before), manifest, *_manifests_of(behind)], path)
    except (OSError, ManifestError, UnicodeDecodeError) as error:
        raise LocalError(f"{path} can't be changed: {error}") from None
    return FileChange(text, new, Path(path), content, (BOM if content.startswith(BOM) else b"") + after)


def added_document(folders: Sequence[Path], ref: Ref, manifest: Mapping[str, Any]) -> FileChange:
    """A new file in the first folder; where there are only files, the end of the first one."""
    if not all(re.match(NAME_PATTERN, name) for name in (ref.name, ref.namespace)):
        raise LocalError("a file is named by its object, which has no usable name")
    new = new_document(manifest)
    folder = next((path for path in folders if path.is_dir()), None)
    if folder is not None:
        stem = f"{ref.kind.lower()}-{ref.name}"
        names = (f"{stem}.yaml", f"{stem}-{ref.namespace}.yaml")
        path = next((folder / name for name in names if not os.path.lexists(folder / name)), None)
        if path is None:
            raise LocalError(f"{folder / names[1]} is there already; choose another name")
        _check(new.encode(), [manifest], str(path))
        return FileChange("", new, path, None, new.encode(), is_private=ref.kind == "Secret")
    path = folders[0]
    if ref.kind == "Secret":
        raise LocalError("a secret has a file of its own; start the console with a folder")
    if path.suffix == ".json":
        raise LocalError(f"{path} is JSON; name a folder for new objects")
    try:
        before = read_regular(path)
        held = _manifests_of(it[1] for it in texts_of(before, str(path)))
    except (OSError, ManifestError, UnicodeDecodeError) as error:
        raise LocalError(f"{path} can't be changed: {error}") from None
    gap = b"" if before.endswith(b"\n") or not before else b"\n"
    after = before + gap + (b"---\n" if before else b"") + new.encode()
    _check(after, [*held, manifest], str(path))
    return FileChange("", new, path, before, after)


def _manifests_of(texts: Iterable[bytes]) -> list[Mapping[str, Any]]:
    """All manifests of some texts, in their order."""
    documents = (document for text in texts for document in yaml_documents(text.decode()))
    return [manifest for document in documents for manifest, _ in manifests_of(document)]


def _check(after: bytes, meant: Sequence[Mapping[str, Any]], path: str) -> None:
    """Raise `LocalError` unless a file would be read as the manifests that are meant, before it is written."""
    try:
        is_right = _manifests_of(it[1] for it in texts_of(after, path)) == meant
    except ManifestError:
        is_right = False
    if not is_right:
        raise LocalError(f"{path}: the file would not be read as it is meant; edit it there")


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep out another console: what it writes between a look at a file and its replacement would be lost.

    The lock is on the folder itself, so that none is left behind; some network file systems have none for folders.
    All who may read the folder can hold it, other users too, so that it is not waited for without end.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    until_s = time.monotonic() + LOCK_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until_s:
                raise LocalError(f"{folder} is locked by another program; nothing was saved") from None
            time.sleep(PAUSE_S)
        except OSError:
            return
        else:
            return


def save(change: FileChange) -> None:
    """Write the file whole, with the rights that it has; raises `LocalError` where it is not as it was."""
    is_new = change.before is None
    # What is new is never behind a link: that could lead out of the folder.
    path = change.path if is_new else change.path.resolve()
    try:
        with _alone_in(path.parent):
            now = read_regular(path) if os.path.lexists(path) else None
            if now != change.before:
                raise LocalError(f"{change.path} has changed in the meantime; look at it again")
            (replace_file if change.is_private else replace_shared_file)(path, change.after)
    except OSError as error:
        raise LocalError(f"{change.path} can't be written: {error.strerror}") from None
