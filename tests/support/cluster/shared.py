"""One API server for all workers of a run of tests: the first that needs it starts it, the last that ends frees it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .locks import locked
from .sources import NoCluster, Source, find_source

# A kind cluster may have to fetch its image first.
START_TIMEOUT_S = 400
# Other workers may still be at their tests.
STOP_TIMEOUT_S = 1800
POLL_S = 0.05
SUPPORT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Api:
    """An API server, as an administrator reaches it."""

    kubeconfig: Path
    kubectl: Path


@contextmanager
def shared_api(run: str) -> Iterator[Api]:
    """The API server of this run, for as long as the context lasts; raises `NoCluster`."""
    source = find_source()
    if source.kubeconfig:
        yield Api(source.kubeconfig, source.kubectl)
        return
    folder = run_folder(run)
    with ExitStack() as stack:
        with locked(folder / "door"):
            # Entered first, so left last: when this worker has let go of the server.
            supervisor = stack.enter_context(_waited_for())
            stack.enter_context(locked(folder / "users", is_shared=True))
            api = _running(folder) or _start(folder, source, supervisor)
        yield api


def run_folder(run: str) -> Path:
    """Where the processes of a run meet; this user's alone, because an administrator's key lies there."""
    folder = Path(tempfile.gettempdir()) / f"postern-test-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise NoCluster(f"a folder of its own, but {folder} belongs to somebody else")
    return folder / run


def _running(folder: Path) -> Api | None:
    state = _state(folder)
    return Api(Path(state["kubeconfig"]), Path(state["kubectl"])) if "kubeconfig" in state else None


def _state(folder: Path) -> dict[str, Any]:
    path = folder / "state.json"
    return json.loads(path.read_text()) if path.exists() else {}


@contextmanager
def _waited_for() -> Iterator[list[subprocess.Popen[bytes]]]:
    """A place for the supervisor that this worker starts; it ends when the last worker has."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        process.wait(STOP_TIMEOUT_S)


def _start(folder: Path, source: Source, started: list[subprocess.Popen[bytes]]) -> Api:
    programs = source.programs
    parts = {"kubectl": source.kubectl, "kind": source.kind}
    if programs:
        parts |= {"etcd": programs.etcd, "apiserver": programs.apiserver, "controllers": programs.controllers}
    asked = {name: str(path) for name, path in parts.items() if path}
    (folder / "source.json").write_text(json.dumps(asked))
    with (folder / "supervisor.log").open("wb") as log:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "cluster.supervise", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONPATH": str(SUPPORT)},
            start_new_session=True,
        )
    started.append(supervisor)
    end = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < end:
        api = _running(folder)
        if api:
            return api
        if supervisor.poll() is not None:
            break
        time.sleep(POLL_S)
    raise RuntimeError(f"the API server did not start: {(folder / 'supervisor.log').read_text()[-4000:]}")
