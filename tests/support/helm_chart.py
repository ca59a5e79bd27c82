"""The chart, rendered by helm as a user renders it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from cluster.build import NotBuilt, built
from cluster.modules import HELM3, KUBERNETES

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm" / "postern"
CASES = sorted((ROOT / "tests" / "chart" / "golden").iterdir())
MODULES = {"helm 4": KUBERNETES, "helm 3": HELM3}
RELEASE, NAMESPACE = "postern", "postern-system"
# The oldest that the chart allows; without a cluster helm would take its own.
KUBERNETES_VERSION = "1.30.0"


class NoHelm(Exception):
    """This machine has no helm; the message says what it would need."""


class Helm:
    """One helm; what it keeps goes to a folder of the tests."""

    def __init__(self, program: Path, home: Path) -> None:
        self._program = program
        self._environment = {
            **os.environ,
            **{f"HELM_{kind}_HOME": str(home / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")},
            # No cluster, whatever the environment says.
            "KUBECONFIG": str(home / "none"),
        }

    def __call__(self, *arguments: str | Path, values: Any = None) -> subprocess.CompletedProcess[str]:
        """Run it, with values as `--values=-` reads them."""
        given = [] if values is None else ["--values=-"]
        return subprocess.run(
            [self._program, *arguments, *given],
            input=values if isinstance(values, str) else yaml.safe_dump(values),
            capture_output=True, text=True, check=False, timeout=60, env=self._environment,
        )  # fmt: skip

    def template(self, values: Any = None, *options: str, release: str = RELEASE) -> subprocess.CompletedProcess[str]:
        """`helm template` of the chart."""
        asked = ("template", release, CHART, f"--namespace={NAMESPACE}", f"--kube-version={KUBERNETES_VERSION}")
        return self(*asked, *options, values=values)

    def text(self, values: Any = None) -> str:
        """What is rendered; without the empty lines that one helm writes and the other doesn't."""
        done = self.template(values)
        assert done.returncode == 0, done.stderr
        return re.sub(r"\n+---\n", "\n---\n", done.stdout).strip() + "\n"

    def objects(self, values: Any = None) -> list[dict[str, Any]]:
        """The objects that are rendered."""
        return [one for one in yaml.safe_load_all(self.text(values)) if one]


def find_helm(name: str, home: Path, command: str = "make chart-test") -> Helm:
    """`helm 4` or `helm 3`: as `command` has built it, or else the machine's own; raises `NoHelm`."""
    try:
        return Helm(built(MODULES[name], ("helm",), command) / "helm", home)
    except NotBuilt as missing:
        own = shutil.which("helm")
        if own and _version_of(own).startswith(f"v{name[-1]}."):
            return Helm(Path(own), home)
        raise NoHelm(f"{name}, {missing}") from missing


def only(objects: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    """The one object of that kind and name."""
    (found,) = [one for one in objects if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return found


def _version_of(program: str) -> str:
    asked = [program, "version", "--template={{.Version}}"]
    return subprocess.run(asked, capture_output=True, text=True, check=False, timeout=60).stdout
