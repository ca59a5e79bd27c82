"""The Go modules that the tests build programs from; each has a folder in tests/cluster with its `go.mod`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from .build import Module, build

FOLDER = Path(__file__).parents[2] / "cluster"
# A build of Kubernetes by its own makefiles puts its version in here; without one kubectl and others misbehave.
VERSION = "k8s.io/component-base/version"

CONTROL_PLANE = ("etcd", "kube-apiserver", "kube-controller-manager", "kubectl")
NODE = ("kube-scheduler", "kubelet", "kube-proxy", "coredns", "helm")

_UNVERSIONED = Module(
    FOLDER / "kubernetes",
    {
        "etcd": "go.etcd.io/etcd/server/v3",
        "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
        "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
        "kubectl": "k8s.io/kubernetes/cmd/kubectl",
        "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
        "kubelet": "k8s.io/kubernetes/cmd/kubelet",
        "kube-proxy": "k8s.io/kubernetes/cmd/kube-proxy",
        "coredns": "github.com/coredns/coredns",
        "helm": "helm.sh/helm/v4/cmd/helm",
    },
)


def _version_variables() -> dict[str, str]:
    version = _UNVERSIONED.version_of("k8s.io/kubernetes")
    major, minor = version[1:].split(".")[:2]
    return {f"{VERSION}.gitVersion": version, f"{VERSION}.gitMajor": major, f"{VERSION}.gitMinor": minor}


KUBERNETES = Module(_UNVERSIONED.folder, _UNVERSIONED.packages, _version_variables(), minutes=20)
HELM3 = Module(FOLDER / "helm3", {"helm": "helm.sh/helm/v3/cmd/helm"}, minutes=2)
# The first goes by its name: as `argocd` it is the command line, with Argo CD's own evaluator of health checks.
ARGOCD = Module(
    FOLDER / "argocd",
    {"argocd": "github.com/argoproj/argo-cd/v3/cmd", "argocd-check": "postern.dev/tests/cluster/argocd/check"},
    minutes=8,
)
# A program of our own, around the library with which Flux tells whether what it applied is there.
KSTATUS = Module(FOLDER / "kstatus", {"kstatus": "postern.dev/tests/cluster/kstatus"})

# A program of our own, around the part of external-dns that reads Kubernetes and plans records: its providers are the
# libraries of thirty clouds.
EXTERNAL_DNS = Module(FOLDER / "externaldns", {"externaldns": "postern.dev/tests/cluster/externaldns"}, minutes=2)
CERT_MANAGER = Module(
    FOLDER / "certmanager",
    {
        name: f"github.com/cert-manager/cert-manager/cmd/{name}"
        for name in ("acmesolver", "cainjector", "controller", "webhook")
    },
    minutes=4,
)
# The ACME server, and the DNS server that it asks.
PEBBLE = Module(
    FOLDER / "pebble",
    {name: f"github.com/letsencrypt/pebble/v2/cmd/{name}" for name in ("pebble", "pebble-challtestsrv")},
)

# By the folder of tests, what it runs; the command that builds it is `make <folder>-test`.
HELMS: tuple[tuple[Module, Sequence[str]], ...] = ((KUBERNETES, ("helm",)), (HELM3, ("helm",)))
NEEDED_BY: dict[str, tuple[tuple[Module, Sequence[str]], ...]] = {
    "chart": HELMS,
    "cluster": (
        *HELMS,
        (KUBERNETES, CONTROL_PLANE),
        (ARGOCD, ("argocd-check",)),
        (EXTERNAL_DNS, tuple(EXTERNAL_DNS.packages)),
    ),
    "gitops": ((ARGOCD, tuple(ARGOCD.packages)), (KSTATUS, tuple(KSTATUS.packages))),
    "e2e": (
        (KUBERNETES, (*CONTROL_PLANE, *NODE)),
        (CERT_MANAGER, tuple(CERT_MANAGER.packages)),
        (PEBBLE, tuple(PEBBLE.packages)),
    ),
}


def main(folders: list[str]) -> int:
    """Build what these folders of tests need, or all; returns the exit status of the process."""
    if not shutil.which("go"):
        sys.stderr.write("Go is not installed: the tests use what this machine has, and skip the rest\n")
        return 0
    for folder in folders or NEEDED_BY:
        for module, names in NEEDED_BY[folder]:
            build(module, names, lambda line: sys.stderr.write(f"{line}\n"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
