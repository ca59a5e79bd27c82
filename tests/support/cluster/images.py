"""Builds images from Dockerfiles without a registry: with Docker where it runs, else with buildah on Debian's files.

The bases stand in for python:3-slim, and for python:3 where something is
compiled, which have to be fetched: the same distribution with Python, made of
Debian's packages once and kept in the user's cache.  The Dockerfiles are those
that everybody uses; only the bases differ.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from .build import Say, cache_root

RELEASE = "bookworm"


class Base(NamedTuple):
    """What an image can stand on: its name, that of its file in the cache, and the packages that it has."""

    name: str
    file: str
    packages: tuple[str, ...]


BASE = Base("localhost/base:1", f"base-{RELEASE}", ("python3", "python3-venv", "ca-certificates"))
# With a C compiler, and what it needs to compile an extension of Python.
COMPILER = ("gcc", "libc6-dev", "python3-dev")
BUILD_BASE = Base("localhost/build-base:1", f"build-base-{RELEASE}", (*BASE.packages, *COMPILER))
# The argument of a Dockerfile that names what it stands on.
BASES = {"PYTHON_IMAGE": BASE, "BUILD_IMAGE": BUILD_BASE}
CERTIFICATES = Path("/etc/ssl/certs")
TIMEOUT_S = 900


class Buildah:
    """Images in a storage of their own, below `folder`; needs root, as the base does."""

    def __init__(self, folder: Path, say: Say) -> None:
        self._folder = folder
        self._say = say
        places = (f"--root={folder / 'storage'}", f"--runroot={folder / 'running'}")
        self._buildah = ["buildah", *places, "--storage-driver=overlay"]
        self._made: set[Base] = set()

    def base(self) -> Path:
        """An archive of the base alone, which sleeps: what a sandbox of Pods needs."""
        self._make(BASE)
        return self._archive(BASE.name)

    def build(self, dockerfile: Path, context: Path, name: str, arguments: Mapping[str, str]) -> Path:
        """Build a Dockerfile as an image of that name, and give it as an archive."""
        bases = bases_of(dockerfile.read_text(encoding="utf-8"))
        for base in bases.values():
            self._make(base)
        self._say(f"building {name} from {dockerfile.name} ...")
        given = {**{argument: base.name for argument, base in bases.items()}, **arguments}
        options = [f"--build-arg={key}={value}" for key, value in given.items()]
        options += [f"--volume={outside}:{inside}:ro" for outside, inside in self._pip_settings().items()]
        self._run(
            "bud", "--layers", "--isolation=chroot", f"--file={dockerfile}", f"--tag={name}", *options, str(context)
        )
        return self._archive(name)

    def _make(self, base: Base) -> None:
        if base in self._made:
            return
        container = self._run("from", "scratch")
        self._run("add", container, str(base_files(base, self._say)), "/")
        self._run("config", '--cmd=["/bin/sleep", "infinity"]', container)
        self._run("commit", "--rm", container, base.name)
        self._made.add(base)

    def _archive(self, name: str) -> Path:
        path = self._folder / f"{name.replace('/', '-').replace(':', '-')}.tar"
        if not path.exists():
            self._run("push", name, f"docker-archive:{path}:{name}")
        return path

    def _pip_settings(self) -> dict[Path, Path]:
        """How pip reaches its index from here, for the pip in the build; the image keeps nothing of it."""
        asked = [sys.executable, "-m", "pip", "config", "list"]
        listed = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
        lines = {line.partition(".")[2].replace("'", "") for line in listed.splitlines()}
        wanted = ("cert=", "index-url=", "extra-index-url=", "trusted-host=", "proxy=")
        settings = self._folder / "pip.conf"
        settings.write_text("\n".join(["[global]", *sorted(line for line in lines if line.startswith(wanted))]) + "\n")
        return {settings: Path("/etc/pip.conf")} | ({CERTIFICATES: CERTIFICATES} if CERTIFICATES.exists() else {})

    def _run(self, *arguments: str) -> str:
        return run([*self._buildah, *arguments])


class Docker:
    """Images of a Docker that runs, on the base that the Dockerfile names."""

    def __init__(self, folder: Path, say: Say) -> None:
        self._folder = folder
        self._say = say

    def build(self, dockerfile: Path, context: Path, name: str, arguments: Mapping[str, str]) -> Path:
        """Build a Dockerfile as an image of that name, and give it as an archive."""
        self._say(f"building {name} from {dockerfile.name} ...")
        options = [f"--build-arg={key}={value}" for key, value in arguments.items()]
        run(["docker", "build", f"--file={dockerfile}", f"--tag={name}", *options, str(context)])
        path = self._folder / f"{name.replace('/', '-').replace(':', '-')}.tar"
        run(["docker", "save", f"--output={path}", name])
        return path


def bases_of(dockerfile: str) -> dict[str, Base]:
    """What a Dockerfile stands on, by the arguments that it takes."""
    taken = set(re.findall(r"^ARG (\w+)", dockerfile, re.MULTILINE))
    return {argument: base for argument, base in BASES.items() if argument in taken}


def base_files(base: Base, say: Say) -> Path:
    """The files of a base, made once."""
    path = cache_root() / f"{base.file}.tar"
    if not path.exists():
        say(f"making {base.name} of Debian {RELEASE}, once ...")
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"unfinished-{path.name}")
        packages = ",".join(base.packages)
        run(["mmdebstrap", "--quiet", "--variant=minbase", f"--include={packages}", RELEASE, str(unfinished)])
        unfinished.rename(path)
    return path


def docker_runs() -> bool:
    """Whether there is a Docker that answers."""
    docker = shutil.which("docker")
    if docker is None:
        return False
    return subprocess.run([docker, "info"], capture_output=True, check=False, timeout=30).returncode == 0


def run(arguments: list[str]) -> str:
    """Run a program and give what it prints; a failure raises, with what it said."""
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments[:3])} ...: {(done.stderr or done.stdout)[-3000:]}")
    return done.stdout.strip()
