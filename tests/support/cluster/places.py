"""Where the end-to-end tests run: the first of these that this machine has.

1. `POSTERN_E2E_KUBECONFIG`, a cluster that is there already, with `POSTERN_E2E_LOAD`, a command that takes the path of
   an image archive as its last argument and loads it into that cluster's nodes.
2. `kind`, where Docker runs.
3. A node of our own from source (see `node`): needs root, Linux, Go and a few of Debian's packages.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .build import NotBuilt, Say, built
from .images import Buildah, Docker, docker_runs, run
from .modules import CONTROL_PLANE, KUBERNETES, NODE
from .modules import main as build_programs
from .node import socket_of
from .node_home import PACKAGES, network_of
from .sources import NoCluster

SUPPORT = Path(__file__).parents[1]
START_TIMEOUT_S = 180
# A dozen unpacked images are removed, which takes a minute where the disk is busy.
STOP_TIMEOUT_S = 180
POLL_S = 0.1
# What builds the images; the node's own are in `node_home`.
BUILD_PACKAGES = {"buildah": "buildah", "mmdebstrap": "mmdebstrap"}


@dataclass(frozen=True, slots=True)
class Place:
    """A cluster in which Pods run, as its administrator reaches it; `load` takes an image's archive to its nodes."""

    kubeconfig: Path
    kubectl: Path
    helm: Path
    images: Buildah | Docker
    load: Callable[[Path], object]


@contextmanager
def a_place(say: Say) -> Iterator[Place]:
    """A cluster for as long as the context lasts; raises `NoCluster`."""
    with tempfile.TemporaryDirectory(prefix="postern-e2e-") as name:
        folder = Path(name)
        given, load = (os.environ.get(f"POSTERN_E2E_{it}") for it in ("KUBECONFIG", "LOAD"))
        if given:
            if not load:
                raise NoCluster("POSTERN_E2E_LOAD, a command that loads an image archive into that cluster")
            loading = shlex.split(load)
            yield _place(Path(given), folder, say, lambda archive: run([*loading, str(archive)]))
        elif shutil.which("kind") and docker_runs():
            with _kind(folder, say) as place:
                yield place
        else:
            with _own(folder, say) as place:
                yield place


def _place(kubeconfig: Path, folder: Path, say: Say, load: Callable[[Path], object]) -> Place:
    kubectl, helm = shutil.which("kubectl"), shutil.which("helm")
    if not kubectl or not helm:
        raise NoCluster("kubectl and helm")
    images = Docker(folder, say) if docker_runs() else Buildah(folder, say)
    return Place(kubeconfig, Path(kubectl), Path(helm), images, load)


@contextmanager
def _kind(folder: Path, say: Say) -> Iterator[Place]:
    kubeconfig, name = folder / "kubeconfig", f"--name=postern-e2e-{os.getpid()}"
    try:
        run(["kind", "create", "cluster", name, f"--kubeconfig={kubeconfig}", "--wait=120s"])
        yield _place(
            kubeconfig, folder, say, lambda archive: run(["kind", "load", "image-archive", str(archive), name])
        )
    finally:
        run(["kind", "delete", "cluster", name])


@contextmanager
def _own(folder: Path, say: Say) -> Iterator[Place]:
    require_packages(say)
    try:
        binaries = built(KUBERNETES, (*CONTROL_PLANE, *NODE), "make e2e")
    except NotBuilt as missing:
        raise NoCluster(str(missing)) from missing
    images = Buildah(folder, say)
    home = folder / "node"
    home.mkdir()
    say("starting a node ...")
    command = [sys.executable, "-m", "cluster.node_home", str(binaries), str(home), str(images.base())]
    with (folder / "node.log").open("wb") as log:
        environment = {**os.environ, "PYTHONPATH": str(SUPPORT)}
        node = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment, start_new_session=True
        )
    try:
        _wait_until_ready(node, home, folder / "node.log")
        importing = ["ctr", f"--address={socket_of(home)}", "--namespace=k8s.io", "images", "import"]
        yield Place(
            kubeconfig=home / "admin.kubeconfig",
            kubectl=_within(home, binaries / "kubectl"),
            helm=_within(home, binaries / "helm"),
            images=images,
            load=lambda archive: run([*importing, str(archive)]),
        )
    finally:
        assert node.stdin
        node.stdin.close()
        node.wait(STOP_TIMEOUT_S)


def _wait_until_ready(node: subprocess.Popen[bytes], home: Path, log: Path) -> None:
    end = time.monotonic() + START_TIMEOUT_S
    while not (home / "ready").exists():
        if node.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"the node did not start: {log.read_text(encoding='utf-8')[-4000:]}")
        time.sleep(POLL_S)


def _within(home: Path, program: Path) -> Path:
    """A program that runs within the node's network, where alone its API server is."""
    wrapper = home / program.name
    wrapper.write_text(f'#!/bin/sh\nexec nsenter --net={network_of(home)} -- {program} "$@"\n')
    wrapper.chmod(0o755)
    return wrapper


def require_packages(say: Say) -> None:
    """Install what a node of our own needs of Debian's packages; raises `NoCluster` where that can't be."""
    wanted = {**PACKAGES, **BUILD_PACKAGES}
    missing = sorted({package for program, package in wanted.items() if not shutil.which(program)})
    if os.geteuid() or not shutil.which("go"):
        raise NoCluster("a cluster in which Pods run: kind and Docker, or for a node from source root and Go")
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise NoCluster(f"{', '.join(missing)}")
    say(f"installing Debian packages: {' '.join(missing)} ...")
    run(["apt-get", "update", "-qq"])
    run(
        [
            "env",
            "DEBIAN_FRONTEND=noninteractive",
            "apt-get",
            "install",
            "-y",
            "-qq",
            "--no-install-recommends",
            *missing,
        ]
    )


if __name__ == "__main__":
    # What takes long is done here, where a person sees it, and not within a test.
    try:
        if not os.environ.get("POSTERN_E2E_KUBECONFIG") and not (shutil.which("kind") and docker_runs()):
            require_packages(print)
            build_programs(["e2e"])
    except NoCluster as error:
        sys.exit(f"tests/e2e needs {error}")
