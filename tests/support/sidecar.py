"""The sync sidecar as a process of its own, with the rights that it has in a cluster and no others."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from cluster.kubectl import Kubectl
from generations import SECRET
from postern_core.publication import INDEX_FILE

RIGHTS = Path(__file__).parents[2] / "deploy/rbac/sync.yaml"
ACCOUNT = "postern-sync"
# The namespace that the file is written for.
NAMESPACE = "postern-default"
WAITING_S = 30


def give_rights(kubectl: Kubectl, namespace: str) -> None:
    """Apply the rights of the sidecar to a namespace, as their file says how."""
    manifests = yaml.safe_load_all(RIGHTS.read_text(encoding="utf-8").replace(NAMESPACE, namespace))
    done = kubectl.apply(*manifests)
    assert done.returncode == 0, done.stderr


class Sidecar:
    """`python -m postern_dataplane.sync` on a folder."""

    def __init__(self, folder: Path, namespace: str, kubeconfig: Path) -> None:
        self.folder = folder
        self._log = folder.with_name(f"{folder.name}.log")
        words: list[str | Path] = ["--config", folder, "--namespace", namespace, "--kubeconfig", kubeconfig]
        with self._log.open("a") as log:
            self.process = subprocess.Popen([sys.executable, "-m", "postern_dataplane.sync", *words], stderr=log)

    @property
    def index(self) -> bytes | None:
        """The index on disk."""
        file = self.folder / INDEX_FILE
        return file.read_bytes() if file.exists() else None

    def told(self, event: str) -> list[dict[str, Any]]:
        """The lines of the log about an event."""
        # The last line may be one that is being written.
        lines = [json.loads(line) for line in self._log.read_text().rpartition("\n")[0].splitlines()]
        return [line for line in lines if line["event"] == event]

    def until(self, is_so: Callable[[], object]) -> None:
        """Wait for something to become so, for as long as a slow machine may take."""
        deadline = time.monotonic() + WAITING_S
        while not is_so():
            assert self.process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, f"never came to be: {self._log.read_text()}"
            time.sleep(0.01)

    def until_installed(self, index: bytes) -> None:
        self.until(lambda: self.index == index)

    def stop(self) -> int:
        """End it as Kubernetes does; gives the exit status.  Whatever it logged, no key was there."""
        self.process.terminate()
        status = self.process.wait(WAITING_S)
        assert SECRET not in self._log.read_text()
        return status

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(WAITING_S)
