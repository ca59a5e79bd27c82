"""Argo CD's own way to compare what is in Git with what is there, by an Application of deploy/argocd."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from cluster.build import built
from cluster.modules import ARGOCD

APPLICATIONS = Path(__file__).parents[2] / "deploy" / "argocd"

# What an Application says otherwise than those that are shipped, to be compared by Argo CD's older ways.
STRUCTURED: Mapping[str, Any] = {"metadata": {"annotations": {}}}
LEGACY: Mapping[str, Any] = {"metadata": {"annotations": {}}, "spec": {"syncPolicy": {"syncOptions": []}}}


class Comparing:
    """Compares as Argo CD does; `folder` is for the Applications."""

    def __init__(self, folder: Path) -> None:
        """Raises `NotBuilt` where `make cluster-test` has not built Argo CD's own code."""
        self._program = built(ARGOCD, ("argocd-check",), "make cluster-test") / "argocd-check"
        self._folder = folder

    def __call__(
        self, kubeconfig: Path, manifests: Iterable[Mapping[str, Any]], name: str, changes: Mapping[str, Any]
    ) -> list[str]:
        """The objects that the Application of that name would show as OutOfSync, were it changed so."""
        application = application_of(name)
        for part, fields in changes.items():
            application[part] |= fields
        path = self._folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(application))
        done = subprocess.run(
            [self._program, path, kubeconfig],
            input=yaml.safe_dump_all(manifests), capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return [json.loads(line)["object"] for line in done.stdout.splitlines()]


def application_of(name: str) -> dict[str, Any]:
    """One of the Applications as it is shipped."""
    return dict(yaml.safe_load((APPLICATIONS / f"{name}.yaml").read_text(encoding="utf-8")))
