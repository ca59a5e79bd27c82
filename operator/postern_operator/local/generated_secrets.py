"""The secrets that local mode makes for credentials that name no key, kept so that tokens outlive a restart.

What is wanted belongs in `postern_core.generated_secrets`.  All of them are in one file
of the state folder, which only its owner can read.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from postern_core.generated_secrets import WantedSecret, generated_manifest, wanted_secrets
from postern_core.parse import Parsed, parse_manifest
from postern_core.ref import Ref
from postern_kit.atomic_file import replace_file
from postern_kit.file_stamp import FileStamp, stamp_of
from postern_kit.regular_file import read_regular
from postern_operator.errors import LocalError

STATE_FOLDER = ".postern"
SECRETS = "secrets.json"
LOCK = "lock"


def state_folder(paths: Sequence[Path]) -> Path:
    """Where the secrets of these manifests are kept: inside the first folder, or beside the first file."""
    first = paths[0]
    return (first if first.is_dir() else first.parent) / STATE_FOLDER


def with_generated_secrets(objects: Sequence[Parsed], state: Path, *, make: bool) -> tuple[Parsed, ...]:
    """The objects and the Secrets generated for them; a Secret among the objects wins.

    Those that are kept in `state` are taken from there.  Missing ones are made
    and kept there, or with `make` False made for this time only, and nothing is
    written.  Raises `LocalError` where `state` can't be used.
    """
    return GeneratedSecrets(state, make=make).added_to(objects)


class GeneratedSecrets:
    """The generated Secrets of one state folder; the same objects from one call to the next."""

    def __init__(self, state: Path, *, make: bool) -> None:
        self._state = state
        self._make = make
        self._stamp: FileStamp | None = None
        self._values: dict[str, str] = {}
        self._parsed: dict[Ref, tuple[WantedSecret, str, Parsed]] = {}
        self._wanted: dict[Ref, tuple[Parsed, tuple[WantedSecret, ...]]] = {}
        self._last: tuple[Sequence[Parsed], tuple[Parsed, ...]] | None = None

    def added_to(self, objects: Sequence[Parsed]) -> tuple[Parsed, ...]:
        """As `with_generated_secrets`; the same tuple as long as nothing has changed."""
        if self._last is not None and self._last[0] is objects and self._stamp == stamp_of(self._state / SECRETS):
            return self._last[1]
        present = {parsed.ref for parsed in objects if parsed.ref.kind == "Secret"}
        wanted = [secret for secret in self._wanted_by(objects) if secret.ref not in present]
        self._learn(wanted)
        self._stamp = stamp_of(self._state / SECRETS)
        generated = [self._secret(secret, self._values[secret.ref.path]) for secret in wanted]
        self._last = (objects, (*objects, *generated))
        return self._last[1]

    def _wanted_by(self, objects: Sequence[Parsed]) -> list[WantedSecret]:
        """What each credential wants, which is asked once while it stays as it is."""
        before, self._wanted = self._wanted, {}
        found: list[WantedSecret] = []
        for parsed in objects:
            if parsed.ref.kind == "JWTCredential":
                known = before.get(parsed.ref)
                if known is None or known[0] is not parsed:
                    known = (parsed, wanted_secrets([parsed]))
                self._wanted[parsed.ref] = known
                found += known[1]
        return found

    def _learn(self, wanted: Sequence[WantedSecret]) -> None:
        """Know the values of all that are wanted."""
        stamp = stamp_of(self._state / SECRETS)
        if wanted and (stamp is None or stamp != self._stamp):
            try:
                self._values = _read(self._state)
            except LocalError:
                # What is known already goes on serving.
                if any(secret.ref.path not in self._values for secret in wanted):
                    raise
        missing = [secret for secret in wanted if secret.ref.path not in self._values]
        if missing:
            self._values = _made_and_kept(missing, self._state) if self._make else self._values | _made(missing)

    def _secret(self, secret: WantedSecret, value: str) -> Parsed:
        known = self._parsed.get(secret.ref)
        if known is None or known[:2] != (secret, value):
            known = (secret, value, parse_manifest(generated_manifest(secret, value)))
            self._parsed[secret.ref] = known
        return known[2]


def _made(wanted: Sequence[WantedSecret]) -> dict[str, str]:
    return {it.ref.path: base64.b64encode(secrets.token_bytes(it.size_bytes)).decode() for it in wanted}


def _made_and_kept(missing: Sequence[WantedSecret], state: Path) -> dict[str, str]:
    """Make what is still missing once the lock is held, and write it to disk."""
    try:
        state.mkdir(mode=0o700, exist_ok=True)
        with _locked(state):
            kept = _read(state)
            made = _made([secret for secret in missing if secret.ref.path not in kept])
            if made:
                replace_file(state / ".gitignore", b"*\n", is_durable=True)
                content = msgspec.json.format(msgspec.json.encode(kept | made)) + b"\n"
                replace_file(state / SECRETS, content, is_durable=True)
    except OSError as error:
        raise LocalError(
            f"secrets can't be kept in {state}: {error.strerror}; make it writable, or give the credentials keys"
        ) from error
    return kept | made


@contextlib.contextmanager
def _locked(state: Path) -> Iterator[None]:
    """Keep out another process that generates, so that neither overwrites what the other has made."""
    with (state / LOCK).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read(state: Path) -> dict[str, str]:
    path = state / SECRETS
    try:
        return msgspec.json.decode(read_regular(path), type=dict[str, str])
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise LocalError(f"{path} can't be read: {error.strerror}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError):
        # From None: the message of a decoder may quote what it met, and this may be a secret.
        raise LocalError(f"{path} can't be read, it is damaged; restore it, or remove it and make new tokens") from None
