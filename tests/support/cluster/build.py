"""Builds programs from their Go modules, once for each state of a module's `go.mod` and of its own Go files.

The user's cache, outside of the repository, keeps what was built for every
checkout.  `modules` lists the modules and programs.

Tests only use what is built (`built`): a build takes up to half an hour, and
runs when a developer asks for it by a command of its own (`build`).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Say = Callable[[str], object]


class NotBuilt(Exception):
    """A program is not in the cache; the message names it, and the command that builds it."""


class BuildFailed(Exception):
    """Go could not build a program; the message is Go's."""


@dataclass(frozen=True, slots=True)
class Module:
    """A folder with a `go.mod`, and the programs that are built from what it names."""

    folder: Path
    # By the program's name, the Go package.
    packages: Mapping[str, str]
    # The value of a variable that the linker sets, by the variable's path.
    variables: Mapping[str, str] = field(default_factory=dict)
    # Minutes on two cores, with nothing cached; said before the first build.
    minutes: int = 1

    def version_of(self, module: str) -> str:
        """The version of a module that `go.mod` asks for."""
        text = (self.folder / "go.mod").read_text(encoding="utf-8")
        found = re.search(rf"^\s*{re.escape(module)} (v\S+)", text, re.MULTILINE)
        assert found, f"{module} is not in {self.folder}/go.mod"
        return found[1]


def built(module: Module, names: Iterable[str], command: str) -> Path:
    """The folder with these programs; raises `NotBuilt`, which names `command` as the one that builds them."""
    folder = cache_folder(module)
    missing = [name for name in names if not (folder / name).exists()]
    if missing:
        go = "" if shutil.which("go") else "install Go, then "
        raise NotBuilt(f"{', '.join(missing)}: {go}`{command}` (builds {module.folder.name}, once)")
    return folder


def source_of(module: Module, name: str) -> Path:
    """The folder with all files of the Go module of that name, for what it has besides programs; raises `NotBuilt`."""
    if not shutil.which("go"):
        raise NotBuilt(f"Go, for the files of {name}")
    asked = ["go", "mod", "download", "-json", name]
    done = subprocess.run(asked, cwd=module.folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotBuilt(f"the files of {name}: {done.stderr or done.stdout}")
    return Path(json.loads(done.stdout)["Dir"])


def build(module: Module, names: Iterable[str], say: Say) -> Path:
    """The folder with these programs, built if they aren't there; two that ask at a time build once."""
    folder = cache_folder(module)
    names = tuple(names)
    if all((folder / name).exists() for name in names):
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        missing = [name for name in names if not (folder / name).exists()]
        if missing:
            say(
                f"building {', '.join(missing)} from source, once; "
                f"all of {module.folder.name} takes some {module.minutes} minutes on two cores ..."
            )
        for name in missing:
            _build(module, name, folder, say)
    return folder


def cache_folder(module: Module) -> Path:
    """Where the programs of this state of the module are kept."""
    files = (module.folder / "go.mod", *sorted(module.folder.rglob("*.go")))
    state = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]
    return cache_root() / f"{module.folder.name}-{state}"


def cache_root() -> Path:
    """Where everything is kept that takes long to make."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "postern-test"


def _build(module: Module, name: str, folder: Path, say: Say) -> None:
    package = module.packages[name]
    began = time.monotonic()
    unfinished = folder / f".{name}"
    link = " ".join(("-s -w", *(f"-X {variable}={value}" for variable, value in module.variables.items())))
    done = subprocess.run(
        ["go", "build", "-mod=readonly", "-trimpath", "-ldflags", link, "-o", unfinished, package],
        cwd=module.folder,
        env={**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false"},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildFailed(f"go build {package}: {done.stderr[-2000:]}")
    unfinished.rename(folder / name)
    say(f"built {name} in {time.monotonic() - began:.0f} s")
