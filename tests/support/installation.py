"""Postern installed in a cluster, as processes of this machine: operators, a sidecar and a data plane.

They are started as their containers start them; what Kubernetes would do beside,
saying in an EndpointSlice where the data plane is, is done here.
"""

from __future__ import annotations

import base64
import contextlib
import hmac
import json
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import raw
from operator_account import operator_account
from sidecar import ACCOUNT as SIDECAR
from sidecar import give_rights
from tokens import encode

STOP_S = 20.0


class Process:
    """One program, whose log goes to a file."""

    def __init__(self, module: str, log: Path, *options: str | Path) -> None:
        self.log = log
        with log.open("ab") as stream:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", module, *options], stdout=stream, stderr=stream, cwd=log.parent
            )

    def said(self) -> list[dict[str, Any]]:
        """The lines of its log; one that is still being written is left out."""
        whole, _, _ = self.log.read_text().rpartition("\n")
        return [json.loads(line) for line in whole.split("\n") if line.startswith("{")]

    @property
    def pid(self) -> int:
        return self._process.pid

    def has_said(self, event: str, patience_s: float = raw.PATIENCE_S) -> dict[str, Any]:
        """Wait for an event in its log."""

        def found() -> bool:
            assert self._process.poll() is None, f"it has ended: {self.log.read_text()}"
            return any(line["event"] == event for line in self.said())

        raw.until(found, f"{event!r} in {self.log}", patience_s)
        return next(line for line in self.said() if line["event"] == event)

    def stop(self) -> int:
        """Ask it to stop as Kubernetes does; gives its exit status."""
        self._process.terminate()
        return self._process.wait(STOP_S)

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(STOP_S)

    def close(self) -> None:
        """End it, whatever it is at."""
        with contextlib.suppress(ProcessLookupError):
            self.kill()


class Installation:
    """A gateway named default in a namespace of its own, and the processes that serve it."""

    def __init__(self, kubectl: Any, folder: Path, gateway_namespace: str, namespaces: Iterable[str] = ()) -> None:
        self._kubectl = kubectl
        self._folder = folder
        self.gateway_namespace = gateway_namespace
        self._namespaces = tuple(namespaces)
        self._processes: list[Process] = []
        # The administrator's, until they are given accounts of their own.
        self.operator_kubeconfig: Path = kubectl.kubeconfig
        self.sidecar_kubeconfig: Path = kubectl.kubeconfig
        self.operator_options: tuple[str, ...] = ()
        self.operator: Process
        self.sidecar: Process
        self.listen: raw.PlainAddress = ("127.0.0.1", 0)
        self.admin: raw.PlainAddress = ("127.0.0.1", 0)

    def start_operator(self, name: str = "operator") -> Process:
        """Start a replica; it acts once it holds the Lease."""
        options = [f"--gateway=default={self.gateway_namespace}", f"--lease-namespace={self.gateway_namespace}"]
        options += [f"--namespace={namespace}" for namespace in self._namespaces]
        options += [f"--kubeconfig={self.operator_kubeconfig}", "--admin=127.0.0.1:0", *self.operator_options]
        return self._start("postern_operator", name, *options)

    def start_sidecar(self) -> Process:
        options = [f"--namespace={self.gateway_namespace}", f"--kubeconfig={self.sidecar_kubeconfig}"]
        return self._start("postern_dataplane.sync", "sidecar", f"--config={self._config()}", *options)

    def start_data_plane(self, name: str = "dataplane", *, is_announced: bool = True) -> Process:
        """Start a data plane, and let it be known to be ready, whether it has read a snapshot yet or not."""
        options = ("--listen=127.0.0.1:0", f"--admin={own_address()}:0", "--workers=1")
        started = self._start(
            # Upstreams of tests are on this machine; a later option of the same name counts.
            "postern_dataplane",
            name,
            f"--config={self._config()}",
            "--allowed-upstreams=loopback,own",
            *options,
        )
        said = started.has_said("data plane started")
        self.listen, self.admin = _address(said["listen"]), _address(said["admin"])
        if is_announced:
            self.announce(self.admin)
        return started

    def announce(self, *admins: raw.PlainAddress) -> None:
        """Say in EndpointSlices which pods are ready."""
        for number, (address, port) in enumerate(admins):
            manifest = {
                "apiVersion": "discovery.k8s.io/v1",
                "kind": "EndpointSlice",
                "metadata": {
                    "name": f"postern-admin-{number}",
                    "namespace": self.gateway_namespace,
                    "labels": {"kubernetes.io/service-name": "postern-admin"},
                },
                "addressType": "IPv4",
                "ports": [{"name": "admin", "port": port, "protocol": "TCP"}],
                "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
            }
            done = self._kubectl.apply(manifest)
            assert done.returncode == 0, done.stderr

    def get(self, host: str, path: str, token: str = "") -> raw.Answer:
        """Ask the data plane."""
        authorization = f"Authorization: Bearer {token}\r\n" if token else ""
        request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{authorization}Connection: close\r\n\r\n"
        return raw.ask(self.listen, request)

    def until_status(self, expected: int, host: str, path: str, token: str = "") -> float:
        """Ask until the answer has this status; gives how long that took, in seconds."""
        began = time.monotonic()
        raw.until(lambda: self.get(host, path, token).status == expected, f"{expected} for {host}{path}")
        return time.monotonic() - began

    def token(self, namespace: str, secret: str, key: str) -> str:
        """A token for five minutes, signed with a generated Secret."""
        text = base64.b64decode(self._kubectl.get("secret", secret, namespace)["data"]["secret"])
        return signed(base64.b64decode(text), key)

    def logs(self) -> str:
        """All that all of them have said."""
        return "".join(process.log.read_text() for process in self._processes)

    def close(self) -> None:
        for process in self._processes:
            process.close()

    def _config(self) -> Path:
        folder = self._folder / "config"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def _start(self, module: str, name: str, *options: str | Path) -> Process:
        process = Process(module, self._folder / f"{name}.log", *options)
        self._processes.append(process)
        return process


@contextlib.contextmanager
def installed(
    kubectl: Any, folder: Path, *tenants: str, watches_all: bool = False, operator_options: tuple[str, ...] = ()
) -> Iterator[tuple[Installation, list[str]]]:
    """A whole installation for as many fresh namespaces as names are given; they and the gateway's are deleted.

    The operator and the sidecar run under their own accounts, with the rights in deploy/rbac and no others.
    """
    suffix = secrets.token_hex(4)
    gateway, *namespaces = [f"{name}-{suffix}" for name in ("gateway", *tenants)]
    for namespace in (gateway, *namespaces):
        kubectl("create", "namespace", namespace, check=True)
    installation = Installation(kubectl, folder, gateway, () if watches_all else namespaces)
    installation.operator_options = operator_options
    give_rights(kubectl, gateway)
    try:
        with operator_account(kubectl, gateway, folder) as operator:
            installation.operator_kubeconfig = operator.kubeconfig
            installation.sidecar_kubeconfig = kubectl.as_account(gateway, SIDECAR, folder / SIDECAR).kubeconfig
            installation.operator = installation.start_operator()
            installation.sidecar = installation.start_sidecar()
            installation.start_data_plane()
            yield installation, namespaces
            installation.close()
    finally:
        installation.close()
        kubectl("delete", "namespace", gateway, *namespaces, "--wait=false", "--ignore-not-found", check=True)


def signed(secret: bytes, key: str) -> str:
    """An HS256 token for five minutes."""
    header = encode(json.dumps({"typ": "JWT", "alg": "HS256"}).encode())
    payload = encode(json.dumps({"key": key, "exp": time.time() + 300}).encode())
    return f"{header}.{payload}.{encode(hmac.digest(secret, f'{header}.{payload}'.encode(), 'sha256'))}"


def own_address() -> str:
    """An address of this machine that an EndpointSlice takes, which loopback is not."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # Nothing is sent: the system only chooses from where it would be.
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])


def _address(text: str) -> raw.PlainAddress:
    found = re.fullmatch(r"(.+):(\d+)", text)
    assert found, text
    return found[1], int(found[2])
