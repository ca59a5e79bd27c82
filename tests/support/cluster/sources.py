"""Where the tests get an API server from: the first of these that this machine has.

1. `POSTERN_TEST_KUBECONFIG`: a cluster that is there already.
2. `KUBEBUILDER_ASSETS`: a folder with etcd, kube-apiserver and kubectl, as setup-envtest makes it.
3. `kind` and a Docker that runs.
4. The same programs, built from their modules (`modules.KUBERNETES`) by `make cluster-test`, which needs Go.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from .build import NotBuilt, built
from .images import docker_runs
from .modules import CONTROL_PLANE, KUBERNETES

COMMAND = "make cluster-test"
OTHERS = "or POSTERN_TEST_KUBECONFIG, KUBEBUILDER_ASSETS or kind, see docs/cluster-tests.md"


class NoCluster(Exception):
    """This machine has nothing to test against; the message says what it would need."""


@dataclass(frozen=True, slots=True)
class Programs:
    """The programs of a control plane; without `controllers` nothing is collected and no namespace ends."""

    etcd: Path
    apiserver: Path
    kubectl: Path
    controllers: Path | None


@dataclass(frozen=True, slots=True)
class Source:
    """How to get an API server: an existing one, a kind cluster, or one of our own from `programs`."""

    kubectl: Path
    kubeconfig: Path | None = None
    kind: Path | None = None
    programs: Programs | None = None


def find_source() -> Source:
    """The first source that this machine has; raises `NoCluster`."""
    kubectl = shutil.which("kubectl")
    given = os.environ.get("POSTERN_TEST_KUBECONFIG")
    if given:
        if not kubectl:
            raise NoCluster("kubectl, for the cluster of POSTERN_TEST_KUBECONFIG")
        return Source(Path(kubectl), kubeconfig=Path(given))
    programs = _given_programs()
    if programs:
        return Source(programs.kubectl, programs=programs)
    kind = shutil.which("kind")
    if kind and kubectl and docker_runs():
        return Source(Path(kubectl), kind=Path(kind))
    programs = find_programs()
    return Source(programs.kubectl, programs=programs)


def find_programs() -> Programs:
    """The programs for a control plane of our own; raises `NoCluster`."""
    given = _given_programs()
    if given:
        return given
    try:
        folder = built(KUBERNETES, CONTROL_PLANE, COMMAND)
    except NotBuilt as missing:
        raise NoCluster(f"{missing}; {OTHERS}") from missing
    return Programs(*(folder / name for name in ("etcd", "kube-apiserver", "kubectl", "kube-controller-manager")))


def _given_programs() -> Programs | None:
    folder = os.environ.get("KUBEBUILDER_ASSETS")
    if not folder:
        return None
    etcd, apiserver, kubectl = paths = [Path(folder) / name for name in ("etcd", "kube-apiserver", "kubectl")]
    missing = [path.name for path in paths if not path.exists()]
    if missing:
        raise NoCluster(f"{', '.join(missing)} in KUBEBUILDER_ASSETS ({folder})")
    controllers = Path(folder) / "kube-controller-manager"
    return Programs(etcd, apiserver, kubectl, controllers if controllers.exists() else None)
