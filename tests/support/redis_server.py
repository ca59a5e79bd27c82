"""A Redis of its own, on a free port of loopback; it keeps nothing on a disk."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

PROGRAM = "redis-server"
PASSWORD = "a password of the store"
START_S = 10.0


class RedisServer:
    """A server that can be killed and started again at the same port."""

    def __init__(self, folder: Path, password: str, options: Mapping[str, str]) -> None:
        self._folder = folder
        self._options = options
        self._password = password
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port: int = found.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return when it answers."""
        port = "tls-port" if "tls-cert-file" in self._options else "port"
        options = {"port": 0, port: self.port, "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": self._folder}
        options |= {"requirepass": self._password, **self._options}
        arguments = [text for name, value in options.items() for text in (f"--{name}", str(value))]
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen([PROGRAM, *arguments], stdout=log, stderr=log)
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.02)
        raise AssertionError((self._folder / "redis.log").read_text(encoding="utf-8"))

    def kill(self) -> None:
        """End it as a crash does: all it knew is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Let it take connections and answer nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def ask(self, *words: str) -> bytes:
        """The answer to a command, as it comes."""
        lines = [b'AUTH "%s"\r\n' % self._password.encode(), " ".join(words).encode(), b"\r\nQUIT\r\n"]
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as client:
            client.sendall(b"".join(lines))
            return b"".join(iter(lambda: client.recv(65536), b""))


@contextlib.contextmanager
def running_redis(folder: Path, password: str, **options: str) -> Iterator[RedisServer]:
    """Yield a server that runs, with more of its options; skips the test where the program is missing."""
    if shutil.which(PROGRAM) is None:
        pytest.skip("redis-server: on Debian and Ubuntu, apt-get install redis-server")
    server = RedisServer(folder, password, {name.replace("_", "-"): text for name, text in options.items()})
    try:
        server.start()
        yield server
    finally:
        server.kill()
