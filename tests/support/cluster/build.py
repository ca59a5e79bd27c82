"""Builds etcd and Kubernetes from their Go modules, once for each pair of versions.

The versions are those of tests/cluster/kubernetes/go.mod.  What was built is
kept in the user's cache, outside of the repository, and used by every checkout.
"""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

MODULE = Path(__file__).parents[2] / "cluster" / "kubernetes"
PROGRAMS = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kubectl": "k8s.io/kubernetes/cmd/kubectl",
}
# A build of Kubernetes by its own makefiles puts its version in here; without one kubectl and others misbehave.
VERSION_PACKAGE = "k8s.io/component-base/version"


class BuildFailed(Exception):
    """Go could not build a program; the message is Go's."""


def build_programs(say: Callable[[str], object]) -> Path:
    """The folder with the programs, built if they aren't there; two that ask at a time build once."""
    folder = cache_folder()
    if all((folder / name).exists() for name in PROGRAMS):
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name, package in PROGRAMS.items():
            if not (folder / name).exists():
                _build(name, package, folder, say)
    return folder


def cache_folder() -> Path:
    """Where the programs of these versions are kept."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "postern-test" / f"kubernetes-{version_of('k8s.io/kubernetes')}-etcd-{version_of(PROGRAMS['etcd'])}"


def version_of(module: str) -> str:
    """The version of a module that go.mod asks for."""
    found = re.search(rf"^\s*{re.escape(module)} (v\S+)", (MODULE / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
    assert found, f"{module} is not in go.mod"
    return found[1]


def _build(name: str, package: str, folder: Path, say: Callable[[str], object]) -> None:
    say(f"building {name} from {package}, once; all four take about 12 minutes on two cores ...")
    began = time.monotonic()
    unfinished = folder / f".{name}"
    done = subprocess.run(
        ["go", "build", "-mod=readonly", "-trimpath", "-ldflags", _link_flags(), "-o", unfinished, package],
        cwd=MODULE,
        env={**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false"},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildFailed(f"go build {package}: {done.stderr[-2000:]}")
    unfinished.rename(folder / name)
    say(f"built {name} in {time.monotonic() - began:.0f} s")


def _link_flags() -> str:
    version = version_of("k8s.io/kubernetes")
    major, minor = version[1:].split(".")[:2]
    values = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}
    return " ".join(["-s", "-w", *(f"-X {VERSION_PACKAGE}.{name}={value}" for name, value in values.items())])
