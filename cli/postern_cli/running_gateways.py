"""Where `postern run` serves a folder: a file of the state folder says so, which the run holds locked meanwhile.

The lock is what counts. A file that was left behind, or that came with a repository, names nothing that runs.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import time
from pathlib import Path
from typing import Self

import msgspec

from postern_kit.atomic_file import replace_file
from postern_kit.regular_file import open_regular

FILES = "running-*.json"
# Of one file there is no more than this to be read.
BYTES_MAX = 4096
# A reader holds the lock for a moment, to see whether it is free.
ATTEMPTS, PAUSE_S = 20, 0.01
WILDCARDS = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 # nothing listens here


class RunningGateway(msgspec.Struct, frozen=True):
    """A gateway, and the addresses for clients and of its admin port, each as `host:port`.

    `compiled_with` is one text for the same options: with others it serves another snapshot of the same objects.
    """

    gateway: str
    listen: str
    admin: str
    compiled_with: str = ""

    @property
    def url(self) -> str:
        """Where clients on this machine reach it."""
        host, _, port = self.listen.rpartition(":")
        return f"http://{WILDCARDS.get(host, host)}:{port}"

    @property
    def admin_url(self) -> str:
        """Where its admin port is reached from this machine."""
        host, _, port = self.admin.rpartition(":")
        return f"http://{WILDCARDS.get(host, host)}:{port}"


class Announcement:
    """Says for as long as its context lasts where a gateway serves; a folder that can't be written to says nothing."""

    def __init__(self, state: Path, gateway: str) -> None:
        self._path = state / FILES.replace("*", gateway)
        self._gateway = gateway
        self._held = contextlib.ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def say(self, listen: str, admin: str, compiled_with: str = "") -> None:
        """Say it, unless another run of the same gateway does."""
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            # Behind a link, which may have come with a repository, it could be the file of another one.
            if not self._path.parent.is_symlink():
                with contextlib.suppress(FileExistsError):  # Another run that begins makes it.
                    replace_file(self._path.with_name(".gitignore"), b"*\n")
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            file = self._held.enter_context(os.fdopen(os.open(self._path, flags, 0o600), "r+b"))
            if _is_locked_now(file.fileno()):
                os.fchmod(file.fileno(), 0o600)
                file.truncate()
                file.write(msgspec.json.encode(RunningGateway(self._gateway, listen, admin, compiled_with)))
                file.flush()


def running_gateways(state: Path) -> tuple[RunningGateway, ...]:
    """Return the gateways that serve from this state folder, by name."""
    found = (_read(path) for path in sorted(state.glob(FILES)))
    return tuple(gateway for gateway in found if gateway is not None)


def _read(path: Path) -> RunningGateway | None:
    with contextlib.suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError), open_regular(path) as file:
        status = os.fstat(file.fileno())
        # A file that others may open can be locked by them, too.
        if status.st_uid == os.geteuid() and not stat.S_IMODE(status.st_mode) & 0o077 and _is_held(file.fileno()):
            return msgspec.json.decode(file.read(BYTES_MAX), type=RunningGateway)
    return None


def _is_held(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _is_locked_now(descriptor: int) -> bool:
    """Lock a file; False where another holds it for longer than a reader does."""
    for _ in range(ATTEMPTS):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(PAUSE_S)
    return False
