"""Folders of manifests as a source of objects: read once, and again what has changed.

What a file holds belongs in `manifest_file`; what becomes of the objects in `provider`.
"""

from __future__ import annotations

import asyncio
import enum
import os
import time
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from watchfiles import Change, awatch

from postern_core.parse import Parsed
from postern_core.ref import Ref
from postern_kit.file_stamp import FileStamp, stamp_of_status
from postern_kit.regular_file import open_regular
from postern_operator.errors import LocalError

from .manifest_file import FILE_BYTES_MAX, FileContent, FileMemo, FileMistake, Foreign, read_manifests

SUFFIXES = (".yaml", ".yml", ".json")

# Two saves within one tick of the file system's clock have equal times: what has been saved just now is read again.
TICK_NS = 100_000_000
# A file that was written to less than this ago may be half written: it is left as it was until then.
SETTLE_S = 0.03
# How often that is waited for, before other changes are looked at again.
SETTLE_ROUNDS = 10
# How long further notices are gathered before a reading.
GATHER_MS = 10
# The kernel's notice comes within milliseconds.  Looking twice a second is for where none comes: on a network file
# system, or when the kernel has no watches left.
POLL_S = 0.5


@dataclass(frozen=True, slots=True)
class Reading:
    """What all files hold together: each object once, and what can't be taken.

    `unread` are the files that never could be read: what they would have protected is unknown.
    """

    objects: tuple[Parsed, ...] = ()
    foreign: tuple[Foreign, ...] = ()
    mistakes: tuple[FileMistake, ...] = ()
    unread: tuple[str, ...] = ()


class Outcome(enum.Enum):
    """What became of a file since it was last looked at."""

    SAME = enum.auto()
    CHANGED = enum.auto()
    BEING_WRITTEN = enum.auto()


@dataclass(slots=True)
class _File:
    """One file as it was last read; `good` is what it held when it could last be taken, None for never."""

    stamp: FileStamp | None = None
    text: bytes | None = None
    good: FileContent | None = None
    mistakes: tuple[FileMistake, ...] = ()
    memo: FileMemo = field(default_factory=FileMemo)


class FolderSource:
    """The manifests below some folders, and in some files; hidden ones are left out."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = tuple(paths)
        self._files: dict[Path, _File] = {}
        self._gone: dict[Path, _File] = {}
        self._last: Reading | None = None
        self._is_settled = True

    def read(self) -> Reading:
        """Read what has changed since the last time; the last reading itself where nothing has.

        A file that can't be taken keeps the objects that it had, and as long as
        there is one that never could be, so do files that are gone: an object
        that was moved into it must not be missed.  The first time, raises
        `LocalError` for a path that isn't there.
        """
        if self._last is None:
            self._refuse_missing_paths()
        found = {path: self._files.get(path) or _File() for path in _manifest_files(self._paths)}
        outcomes = {_refresh(path, file, is_first=self._last is None) for path, file in found.items()}
        self._is_settled = Outcome.BEING_WRITTEN not in outcomes
        unread = tuple(str(path) for path, file in found.items() if file.good is None and file.mistakes)
        gone = {path: file for path, file in (self._gone | self._files).items() if path not in found and unread}
        if (
            self._last is None
            or Outcome.CHANGED in outcomes
            or (found.keys(), gone) != (self._files.keys(), self._gone)
        ):
            self._files, self._gone = found, gone
            self._last = _together(found.values(), gone.values(), unread)
        return self._last

    @property
    def is_settled(self) -> bool:
        """Whether no file was left as it was, because it may be half written."""
        return self._is_settled

    async def changes(self) -> AsyncGenerator[None]:
        """Yield whenever something may have changed, and at least twice a second, until cancelled."""
        while True:
            watched = _folders_to_watch(self._paths)
            yield None  # A change between two watches is noticed by none.
            try:
                async for changes in awatch(
                    *watched,
                    watch_filter=_is_visible,
                    recursive=False,
                    step=GATHER_MS,
                    debounce=GATHER_MS * 10,
                    rust_timeout=int(POLL_S * 1000),
                    yield_on_timeout=True,
                ):
                    yield None
                    for _ in range(SETTLE_ROUNDS):
                        if not self._is_settled:
                            await asyncio.sleep(SETTLE_S)
                            yield None
                    if changes and _folders_to_watch(self._paths) != watched:
                        break
            except (OSError, RuntimeError):
                # A folder that has gone, or no more watches: then by looking.
                await asyncio.sleep(POLL_S)

    def _refuse_missing_paths(self) -> None:
        for path in self._paths:
            if not path.exists():
                raise LocalError(f"{path} does not exist; name a folder or a file with manifests")


def _manifest_files(paths: Sequence[Path]) -> list[Path]:
    """All files to read, each once, in order of path within each argument."""
    found: dict[str, Path] = {}
    for path in paths:
        files = [path] if not path.is_dir() else sorted(_below(path))
        for file in files:
            found.setdefault(os.path.realpath(file), file)
    return [path for path in found.values() if path.exists()]


def _below(folder: Path) -> Iterator[Path]:
    for at, names, files in os.walk(folder):
        names[:] = [name for name in names if not name.startswith(".")]
        for name in files:
            if name.endswith(SUFFIXES) and not name.startswith("."):
                yield Path(at, name)


def _folders_to_watch(paths: Sequence[Path]) -> list[Path]:
    """Every folder in which something may change; a file's own too, because editors replace files."""
    found: set[Path] = set()
    for path in paths:
        if not path.is_dir():
            found.add(path.parent)
            continue
        for at, names, _ in os.walk(path):
            names[:] = [name for name in names if not name.startswith(".")]
            found.add(Path(at))
    return sorted(folder for folder in found if folder.is_dir())


def _is_visible(_change: Change, path: str) -> bool:
    return not Path(path).name.startswith(".")


def _refresh(path: Path, file: _File, *, is_first: bool) -> Outcome:
    """Read a file again if it is another than it was."""
    before = file.mistakes
    try:
        with open_regular(path) as opened:
            status = os.fstat(opened.fileno())
            stamp = _settled_stamp(status)
            if stamp is not None and stamp == file.stamp:
                return Outcome.SAME
            if not is_first and 0 <= time.time_ns() - status.st_mtime_ns < SETTLE_S * 1e9:
                return Outcome.BEING_WRITTEN
            text = opened.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        file.stamp, file.text = None, None
        file.mistakes = (FileMistake(str(path), 1, 1, f"can't be read: {error.strerror}"),)
        return Outcome.SAME if before == file.mistakes else Outcome.CHANGED
    file.stamp = stamp
    if text == file.text:
        return Outcome.SAME
    file.text = text
    content = read_manifests(text, str(path), file.memo)
    file.mistakes = content.mistakes
    if not content.mistakes:
        file.good = content
    return Outcome.CHANGED


def _settled_stamp(status: os.stat_result) -> FileStamp | None:
    """What changes with a file; None while a second save could go unnoticed."""
    if time.time_ns() - status.st_mtime_ns < TICK_NS:
        return None
    return stamp_of_status(status)


def _together(files: Iterable[_File], gone: Iterable[_File], unread: tuple[str, ...]) -> Reading:
    """All files' objects; of two that are the same object, the first counts, and what is gone after all others."""
    objects: dict[Ref, Parsed] = {}
    nameless: list[Parsed] = []
    foreign: list[Foreign] = []
    mistakes: list[FileMistake] = []
    for file in files:
        mistakes += file.mistakes
        if file.good is None:
            continue
        foreign += file.good.foreign
        for parsed in file.good.objects:
            if not parsed.ref.name:
                nameless.append(parsed)
                continue
            first = objects.setdefault(parsed.ref, parsed)
            if first is not parsed:
                mistakes.append(_comes_twice(parsed, first))
    for file in gone:
        for parsed in file.good.objects if file.good else ():
            objects.setdefault(parsed.ref, parsed)
    return Reading((*objects.values(), *nameless), tuple(foreign), tuple(mistakes), unread)


def _comes_twice(parsed: Parsed, first: Parsed) -> FileMistake:
    path, _, line = parsed.origin.rpartition(":")
    message = f"{parsed.ref} is at {first.origin} already, and that one is used; remove one of the two"
    return FileMistake(path, int(line), 1, message)
