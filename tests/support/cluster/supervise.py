"""The process that owns the API server of a run of tests, and outlives the workers that share it.

`python -m cluster.supervise FOLDER` starts the server, says in `FOLDER/state.json`
how to reach it, and stops it once no process holds a lock on `FOLDER/users` any
more.  The kernel takes a lock from whoever dies, so nothing is left behind even
when pytest is killed; and what the supervisor starts dies with the supervisor.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from .control_plane import ControlPlane
from .locks import locked
from .sources import Programs, Source

Stop = Callable[[], None]

KIND_TIMEOUT_S = 400


def main(folder: Path) -> int:
    """Serve until nobody needs the server; returns the exit status of the process."""
    source = read_source(folder)
    place = Path(tempfile.mkdtemp(prefix="server-", dir=folder))
    stop: Stop | None = None
    try:
        kubeconfig, stop = start(source, place)
        tell(folder, {"kubeconfig": str(kubeconfig), "kubectl": str(source.kubectl)})
        wait_until_unused(folder)
    finally:
        if stop is not None:
            stop()
        shutil.rmtree(place, ignore_errors=True)
    with locked(folder / "door"):
        # Unless another supervisor has begun here meanwhile.
        if not (folder / "state.json").exists() and not list(folder.glob("server-*")):
            shutil.rmtree(folder, ignore_errors=True)
    return 0


def read_source(folder: Path) -> Source:
    """What the first worker has found."""
    path = {name: Path(value) for name, value in json.loads((folder / "source.json").read_text()).items()}
    programs = None
    if "etcd" in path:
        programs = Programs(path["etcd"], path["apiserver"], path["kubectl"], path.get("controllers"))
    return Source(path["kubectl"], kind=path.get("kind"), programs=programs)


def start(source: Source, place: Path) -> tuple[Path, Stop]:
    """Start what the source says; gives the kubeconfig of an administrator, and what ends it."""
    if source.kind:
        return _start_kind(source.kind, place)
    assert source.programs is not None
    plane = ControlPlane(source.programs, place)
    try:
        plane.start()
    except BaseException:
        plane.stop()
        raise
    return plane.kubeconfig, plane.stop


def _start_kind(kind: Path, place: Path) -> tuple[Path, Stop]:
    kubeconfig = place / "admin.kubeconfig"

    def run(*arguments: str) -> None:
        named: list[str | Path] = [kind, *arguments, f"--name=postern-test-{os.getpid()}", f"--kubeconfig={kubeconfig}"]
        subprocess.run(named, check=True, timeout=KIND_TIMEOUT_S)

    try:
        run("create", "cluster", "--wait=120s")
    except BaseException:
        run("delete", "cluster")
        raise
    return kubeconfig, lambda: run("delete", "cluster")


def tell(folder: Path, state: dict[str, str]) -> None:
    """Write the state for the workers, in one piece."""
    unfinished = folder / ".state.json"
    unfinished.write_text(json.dumps(state))
    unfinished.rename(folder / "state.json")


def wait_until_unused(folder: Path) -> None:
    """Return, with the state taken away, when no worker is there and none can come."""
    while True:
        with locked(folder / "users"):
            pass  # nobody was there a moment ago; now look again with the door shut
        try:
            with locked(folder / "door"), locked(folder / "users", is_patient=False):
                (folder / "state.json").unlink()
                return
        except BlockingIOError:
            continue


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
