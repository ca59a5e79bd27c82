"""Packages of npm that tests use: installed once from a lock file of this repository, into the cache of test programs.

Tests only use what is there (`installed`); `install` puts it there.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cluster.build import cache_root
from not_installed import NotInstalled

PACKAGES = "apt install nodejs npm"


@dataclass(frozen=True)
class NpmPackages:
    """What the lock file in `folder` names; `how` is the command that installs it and what that takes."""

    name: str
    folder: Path
    files: tuple[str, ...]
    how: str

    def installed(self) -> Path:
        """The folder of the packages; raises `NotInstalled`."""
        if not self._home().exists():
            npm = "" if shutil.which("npm") else f"install npm ({PACKAGES}), then "
            raise NotInstalled(f"{self.name}: {npm}{self.how}")
        return self._home()

    def install(self, say: Callable[[str], object]) -> None:
        """Install what the lock file names, if it isn't there, and run no script of it; raises `NotInstalled`."""
        if self._home().exists():
            return
        if not shutil.which("node") or not shutil.which("npm"):
            raise NotInstalled(f"Node.js and npm, for {self.name}: {PACKAGES}")
        say(f"installing {self.name} by npm, once ...")
        cache_root().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{self.name}-", dir=cache_root()) as unfinished:
            home = Path(unfinished) / "it"
            home.mkdir()
            for name in self.files:
                shutil.copy(self.folder / name, home)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(
                command, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
            )
            if done.returncode:
                raise NotInstalled(f"{self.name}: npm failed: {done.stdout[-2000:]}")
            if not self._home().exists():
                home.rename(self._home())

    def _home(self) -> Path:
        content = b"".join((self.folder / name).read_bytes() for name in self.files)
        return cache_root() / f"{self.name}-{hashlib.sha256(content).hexdigest()[:12]}"
