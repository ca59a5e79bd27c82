"""The certificates on disk: each subfolder is one, and the last good one of each is kept.

Files are looked at rather than watched: a certificate changes every few weeks,
to see it within a second is soon enough, and no notice can be missed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from postern_dataplane.errors import CertificateError
from postern_kit.file_stamp import FileStamp, stamp_of
from postern_kit.key_pair import CHAIN, KEY

from .certificate import Certificate, read_certificate
from .tls_context import MakeContext

Stamp = tuple[FileStamp | None, ...]


@dataclass(slots=True)
class _Slot:
    """One subfolder: what was there last, what of it is in force, and what was wrong with it."""

    stamp: Stamp | None = None
    good: Certificate | None = None
    refusal: str = ""
    may_heal: bool = False


@dataclass(slots=True)
class ScanResult:
    """What a look has found: folders whose certificate is new, and those that were refused, with the reason."""

    loaded: list[Certificate] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


class CertificateStore:
    """The certificates below one folder, none where there is no folder."""

    def __init__(self, folder: Path | None, make_context: MakeContext) -> None:
        self._folder = folder
        self._make_context = make_context
        self._slots: dict[str, _Slot] = {}

    @property
    def good(self) -> list[Certificate]:
        """What can be served."""
        return [slot.good for slot in self._slots.values() if slot.good]

    def renew_contexts(self) -> None:
        """Make every context anew, for what they are made with has changed; blocks while it does."""
        for slot in self._slots.values():
            # Not from disk, where a pair may be gone, or have ended, that is shown all the same.
            slot.good = slot.good and slot.good.with_new_context(self._make_context)

    def scan(self) -> ScanResult:
        """Read what has changed since the last look; blocks while it does."""
        found = ScanResult()
        if self._folder is None:
            return found
        for name in sorted(self._names(self._folder) | set(self._slots)):
            slot, folder = self._slots.setdefault(name, _Slot()), self._folder / name
            stamp = self._stamp(folder)
            if stamp != slot.stamp or slot.may_heal:
                self._read(folder, slot, stamp, found)
        return found

    def _names(self, folder: Path) -> set[str]:
        try:
            # `..data` and its like are how a volume is kept, should one be mounted here itself.
            return {one.name for one in folder.iterdir() if not one.name.startswith(".") and one.is_dir()}
        except OSError:
            return set()

    def _stamp(self, folder: Path) -> Stamp:
        return tuple(stamp_of(folder / file) for file in (CHAIN, KEY))

    def _read(self, folder: Path, slot: _Slot, stamp: Stamp, found: ScanResult) -> None:
        refusal, may_heal, certificate = "", False, None
        try:
            certificate = read_certificate(folder, self._make_context, time.time())
        except CertificateError as error:
            refusal, may_heal = str(error), error.may_heal
        except Exception as error:  # noqa: BLE001 # an unforeseen certificate must not hurt the others
            refusal = f"it can't be read: {type(error).__name__}"
        if self._stamp(folder) != stamp:
            # Changed under our hands: it may be half of one pair and half of another. The next look sees it whole.
            return
        is_news = (stamp, refusal) != (slot.stamp, slot.refusal)
        slot.stamp, slot.refusal, slot.may_heal = stamp, refusal, may_heal
        if certificate is not None:
            slot.good = certificate
            found.loaded.append(certificate)
        elif is_news:
            found.refused.append((folder.name, refusal))
