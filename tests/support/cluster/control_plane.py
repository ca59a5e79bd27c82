"""A control plane of our own: etcd, kube-apiserver and, where it is there, the controller manager.

It listens on ports of loopback that stay the same while it lives, so that it
can be stopped and started again under its clients.  There is no node: objects
live, Pods never run.
"""

from __future__ import annotations

import json
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from .pki import Authority, Pair, encoded, write_kubeconfig, write_token_keys
from .processes import Program, free_port
from .sources import Programs

READY_TIMEOUT_S = 90
SERVICE_ADDRESSES = "10.96.0.0/24"


class ControlPlane:
    """One API server with what belongs to it; everything is kept in `folder`."""

    def __init__(self, programs: Programs, folder: Path) -> None:
        self._folder = folder
        self._kubectl = programs.kubectl
        self._port, etcd_port, peer_port, manager_port = (free_port() for _ in range(4))
        self.server = f"https://127.0.0.1:{self._port}"
        authority = Authority()
        (folder / "ca.crt").write_bytes(authority.certificate)
        authority.server("localhost", "kubernetes.default.svc").write(folder, "server")
        write_token_keys(folder)
        self.kubeconfig = self._kubeconfig("admin", authority, authority.client("admin", "system:masters"))
        manager = authority.client("system:kube-controller-manager")
        manager_config = self._kubeconfig("controllers", authority, manager)
        self._etcd = Program(etcd_arguments(programs.etcd, folder, etcd_port, peer_port), folder / "etcd.log")
        self._api = Program(
            api_arguments(programs.apiserver, folder, self._port, etcd_port), folder / "kube-apiserver.log"
        )
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

    def _kubeconfig(self, name: str, authority: Authority, client: Pair) -> Path:
        client.write(self._folder, name)
        return write_kubeconfig(
            self._folder / f"{name}.kubeconfig",
            self.server,
            authority.certificate,
            client_certificate_data=encoded(client.certificate),
            client_key_data=encoded(client.key),
        )

    def _is_ready(self) -> bool:
        context = ssl.create_default_context(cafile=str(self._folder / "ca.crt"))
        context.load_cert_chain(self._folder / "admin.crt", self._folder / "admin.key")
        try:
            with urllib.request.urlopen(f"{self.server}/readyz", timeout=5, context=context) as response:
                return bool(response.status == 200)
        except OSError:  # also of a 500 while its parts begin
            return False

    def _has_default_account(self) -> bool:
        asked = [self._kubectl, "--kubeconfig", self.kubeconfig, "get", "serviceaccount", "default", "--output=json"]
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
    """RBAC is on, because rights are tested; nobody looks for endpoints of the server itself."""
    return [
        program,
        f"--etcd-servers=http://127.0.0.1:{etcd_port}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        "--endpoint-reconciler-type=none",
        f"--tls-cert-file={folder / 'server.crt'}",
        f"--tls-private-key-file={folder / 'server.key'}",
        f"--client-ca-file={folder / 'ca.crt'}",
        f"--service-account-key-file={folder / 'accounts.pub'}",
        f"--service-account-signing-key-file={folder / 'accounts.key'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-cluster-ip-range={SERVICE_ADDRESSES}",
        "--authorization-mode=RBAC",
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
