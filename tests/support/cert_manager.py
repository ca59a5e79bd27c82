"""cert-manager in a cluster where Pods run, from its own chart, and Pebble as the authority that it asks."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import yaml

from cluster.build import Module, built, source_of
from cluster.modules import CERT_MANAGER, PEBBLE
from cluster.pki import Authority
from cluster.places import Place
from in_cluster import GATEWAY_NAMESPACE, ROOT, InCluster

FOLDER = ROOT / "tests" / "e2e" / "certmanager"
COMMAND = "make e2e"
NAMESPACE, RELEASE = "cert-manager", "cert-manager"
PEBBLE_HOST = "pebble.acme"


class CertManager:
    """An installation of both; `root` is what clients of the certificates trust."""

    def __init__(self, cluster: InCluster, place: Place, folder: Path) -> None:
        """Make the images of what is built; raises `NotBuilt`."""
        self._cluster, self._place, self._folder = cluster, place, folder
        self._authority = Authority()
        self._chart = chart(folder / "chart")
        for module in (CERT_MANAGER, PEBBLE):
            self._load(module)
        self.root = ""

    def install(self) -> None:
        """Install both, and wait until they serve."""
        name_server = self._install_pebble()
        options = [
            f"--set={name}.image.repository=localhost/{name}" for name in ("webhook", "cainjector", "acmesolver")
        ]
        options += [f"--set={name}.image.tag=1" for name in ("webhook", "cainjector", "acmesolver")]
        options += ["--set=image.repository=localhost/controller", "--set=image.tag=1", "--set=installCRDs=true"]
        options += ["--set=startupapicheck.enabled=false", f"--set=global.leaderElection.namespace={NAMESPACE}"]
        options += [f"--set=extraArgs={{--acme-http01-solver-nameservers={name_server}:53}}"]
        self._cluster.helm(
            "install", RELEASE, str(self._chart), f"--namespace={NAMESPACE}", "--create-namespace", "--wait",
            "--timeout=3m", *options,
        )  # fmt: skip
        self.root = self._ask_for_root()

    def close(self) -> None:
        """Remove everything of both, with the kinds."""
        self._cluster.helm("uninstall", RELEASE, f"--namespace={NAMESPACE}", "--wait", check=False)
        self._cluster.kubectl(
            "delete", "namespace", NAMESPACE, "acme", "--ignore-not-found", "--wait=false", check=True
        )

    def issuer(self) -> list[dict[str, Any]]:
        """The manifests of the documented Issuer, with Pebble as its authority."""
        issuer, *others = yaml.safe_load_all((FOLDER / "issuer.yaml").read_text())
        authority = base64.b64encode(self._authority.certificate).decode()
        issuer["spec"]["acme"] |= {"server": f"https://{PEBBLE_HOST}:14000/dir", "caBundle": authority}
        return [issuer, *others]

    def renew(self, name: str, namespace: str) -> None:
        """Do as `cmctl renew` does."""
        certificate = self._cluster.kubectl.get("certificates.cert-manager.io", name, namespace)
        issuing = {"type": "Issuing", "status": "True", "reason": "ManuallyTriggered", "message": "by a test"}
        issuing["lastTransitionTime"] = certificate["status"]["conditions"][0]["lastTransitionTime"]
        conditions = [*certificate["status"]["conditions"], issuing]
        self._cluster.kubectl(
            "patch", "certificates.cert-manager.io", name, f"--namespace={namespace}", "--subresource=status",
            "--type=merge", f"--patch={json.dumps({'status': {'conditions': conditions}})}", check=True,
        )  # fmt: skip

    def _load(self, module: Module) -> None:
        programs = built(module, module.packages, COMMAND)
        for name in module.packages:
            image = f"localhost/{name}:1"
            self._place.load(self._place.images.build(FOLDER / "Dockerfile", programs, image, {"PROGRAM": name}))

    def _install_pebble(self) -> str:
        kubectl = self._cluster.kubectl
        gateway = kubectl.get("service", "postern-default", GATEWAY_NAMESPACE)["spec"]["clusterIP"]
        pair = self._authority.server(PEBBLE_HOST, addresses=())
        data = {"tls.crt": pair.certificate, "tls.key": pair.key}
        objects = [
            {"kind": "Namespace", "metadata": {"name": "acme"}},
            {"kind": "ConfigMap", "metadata": {"name": "gateway", "namespace": "acme"}, "data": {"address": gateway}},
            {
                "kind": "Secret",
                "type": "kubernetes.io/tls",
                "metadata": {"name": "pebble", "namespace": "acme"},
                "data": {key: base64.b64encode(value).decode() for key, value in data.items()},
            },
        ]
        done = kubectl.apply(*({"apiVersion": "v1", **one} for one in objects))
        assert done.returncode == 0, done.stderr
        self._cluster.apply(FOLDER / "pebble.yaml")
        kubectl("wait", "--for=condition=Ready", "pod/pebble", "--namespace=acme", "--timeout=60s", check=True)
        return str(kubectl.get("service", "pebble", "acme")["spec"]["clusterIP"])

    def _ask_for_root(self) -> str:
        url, ca = f"https://{PEBBLE_HOST}:15000/roots/0", self._authority.certificate.decode()
        answer = self._cluster.ask(url, headers={"Host": PEBBLE_HOST}, ca=ca)
        assert answer.status == 200, answer
        return answer.body.decode()


def chart(folder: Path) -> Path:
    """The chart of cert-manager as its makefiles make it of the module's files; raises `NotBuilt`."""
    files = source_of(CERT_MANAGER, "github.com/cert-manager/cert-manager") / "deploy"
    shutil.copytree(files / "charts" / "cert-manager", folder, copy_function=shutil.copyfile)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    (folder / "Chart.template.yaml").rename(folder / "Chart.yaml")
    kinds = "\n---\n".join(path.read_text() for path in sorted((files / "crds").glob("*.yaml")))
    (folder / "templates" / "crds.yaml").write_text(f"{{{{- if .Values.installCRDs }}}}\n{kinds}\n{{{{- end }}}}\n")
    return folder
