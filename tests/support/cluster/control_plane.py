"""A control plane of our own: etcd, kube-apiserver and, where it is there, the controller manager.

It listens on ports that stay the same while it lives, so that it can be stopped
and started again under its clients.  On loopback there is no node: objects live,
Pods never run.  On another address a node can join it; see `node`.
"""

from __future__ import annotations

import json
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from .pki import Authority, encoded, write_kubeconfig, write_token_keys
from .processes import Program, free_port
from .sources import Programs

READY_TIMEOUT_S = 90
LOOPBACK = "127.0.0.1"
SERVICE_ADDRESSES = "10.96.0.0/24"
# The first of them is the API server's own.
API_SERVICE_ADDRESS = "10.96.0.1"


class ControlPlane:
    """One API server with what belongs to it; everything is kept in `folder`."""

    def __init__(self, programs: Programs, folder: Path, host: str = LOOPBACK) -> None:
        self._folder = folder
        self._kubectl = programs.kubectl
        self._port, etcd_port, peer_port, manager_port = (free_port() for _ in range(4))
        self.server = f"https://{host}:{self._port}"
        self._authority = Authority()
        (folder / "ca.crt").write_bytes(self._authority.certificate)
        names = ("localhost", "kubernetes.default.svc")
        self._authority.server(*names, addresses={LOOPBACK, API_SERVICE_ADDRESS, host}).write(folder, "server")
        write_token_keys(folder)
        self.kubeconfig = self.kubeconfig_of("admin", "admin", "system:masters")
        manager_config = self.kubeconfig_of("controllers", "system:kube-controller-manager")
        self._etcd = Program(etcd_arguments(programs.etcd, folder, etcd_port, peer_port), folder / "etcd.log")
        api = api_arguments(programs.apiserver, folder, self._port, etcd_port)
        api += loopback_arguments() if host == LOOPBACK else node_arguments(folder, host)
        self._api = Program(api, folder / "kube-apiserver.log")
        self._controllers = programs.controllers and Program(
            controller_arguments(programs.controllers, folder, manager_config, manager_port),
            folder / "kube-controller-manager.log",
        )

    def start(self) -> None:
        """Start everything and wait until a namespace can be used."""
        self._etcd.start()
        self.start_api()
        if self._controllers:
            self._controllers.start()
            self._controllers.wait_until(self._has_default_account, READY_TIMEOUT_S)

    def start_api(self) -> None:
        """Start the API server alone, and wait until it is ready."""
        self._api.start()
        self._api.wait_until(self._is_ready, READY_TIMEOUT_S)

    def stop_api(self, *, kill: bool = False) -> None:
        """Stop the API server alone; etcd keeps what it knew."""
        self._api.stop(kill=kill)

    def stop(self, *, kill: bool = False) -> None:
        """Stop everything, clients before servers; `start` starts it again with its objects."""
        for program in (self._controllers, self._api, self._etcd):
            if program:
                program.stop(kill=kill)

    def kubeconfig_of(self, name: str, user: str, group: str = "") -> Path:
        """Write a kubeconfig of that name for a user of Kubernetes."""
        client = self._authority.client(user, group)
        client.write(self._folder, name)
        return write_kubeconfig(
            self._folder / f"{name}.kubeconfig",
            self.server,
            self._authority.certificate,
            client_certificate_data=encoded(client.certificate),
            client_key_data=encoded(client.key),
        )

    def server_pair(self, name: str, *addresses: str) -> None:
        """Write `<name>.crt` and `<name>.key` for another server that clients of this control plane trust."""
        self._authority.server(name, addresses=addresses).write(self._folder, name)

    def _is_ready(self) -> bool:
        context = ssl.create_default_context(cafile=str(self._folder / "ca.crt"))
        context.load_cert_chain(self._folder / "admin.crt", self._folder / "admin.key")
        try:
            with urllib.request.urlopen(f"{self.server}/readyz", timeout=5, context=context) as response:
                return bool(response.status == 200)
        except OSError:  # also of a 500 while its parts begin
            return False

    def _has_default_account(self) -> bool:
        words = ["get", "serviceaccount", "default", "--output=json"]
        asked: list[str | Path] = [self._kubectl, "--kubeconfig", self.kubeconfig, *words]
        done = subprocess.run(asked, capture_output=True, check=False, timeout=30)
        return done.returncode == 0 and json.loads(done.stdout)["metadata"]["name"] == "default"


def etcd_arguments(program: Path, folder: Path, port: int, peer_port: int) -> list[str | Path]:
    """Durability is worth nothing here: a test's etcd dies with its machine."""
    clients, peers = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peer_port}"
    return [
        program,
        f"--data-dir={folder / 'etcd'}",
        "--unsafe-no-fsync",
        "--log-level=warn",
        f"--listen-client-urls={clients}",
        f"--advertise-client-urls={clients}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=default={peers}",
    ]


def api_arguments(program: Path, folder: Path, port: int, etcd_port: int) -> list[str | Path]:
    """What it is told wherever it listens."""
    return [
        program,
        f"--etcd-servers=http://127.0.0.1:{etcd_port}",
        f"--secure-port={port}",
        f"--tls-cert-file={folder / 'server.crt'}",
        f"--tls-private-key-file={folder / 'server.key'}",
        f"--client-ca-file={folder / 'ca.crt'}",
        f"--service-account-key-file={folder / 'accounts.pub'}",
        f"--service-account-signing-key-file={folder / 'accounts.key'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-cluster-ip-range={SERVICE_ADDRESSES}",
    ]


def loopback_arguments() -> list[str | Path]:
    """RBAC is on, because rights are tested; nobody looks for endpoints of the server itself."""
    return [f"--bind-address={LOOPBACK}", "--endpoint-reconciler-type=none", "--authorization-mode=RBAC"]


def node_arguments(folder: Path, host: str) -> list[str | Path]:
    """A node may join, with the rights of a node, and Pods find the server by its Service."""
    return [
        f"--bind-address={host}",
        f"--advertise-address={host}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged",
        f"--kubelet-client-certificate={folder / 'admin.crt'}",
        f"--kubelet-client-key={folder / 'admin.key'}",
        "--kubelet-preferred-address-types=InternalIP",
    ]


def controller_arguments(program: Path, folder: Path, kubeconfig: Path, port: int) -> list[str | Path]:
    """What ends namespaces, collects garbage and makes service accounts."""
    return [
        program,
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        "--leader-elect=false",
        "--use-service-account-credentials",
        f"--service-account-private-key-file={folder / 'accounts.key'}",
        f"--root-ca-file={folder / 'ca.crt'}",
    ]
