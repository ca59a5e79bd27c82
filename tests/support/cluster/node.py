"""A whole node from source on this machine: control plane, scheduler, kubelet, containerd, kube-proxy and CoreDNS.

Run as the first process of network, mount and process namespaces of its own (see
`node_home`), so that nothing of it can be seen outside, and all of it is gone when
this process is.  Its standard input ends when it is to end.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from .control_plane import SERVICE_ADDRESSES, ControlPlane
from .processes import Program
from .sources import Programs

NODE = "node1"
ADDRESS = "10.240.0.1"
PODS = "10.244.0.0/24"
DOMAIN = "cluster.local"
PAUSE_IMAGE = "localhost/base:1"
CGROUP = "/postern-node"
# What the programs write outside of their folders is not this machine's affair.
PRIVATE_FOLDERS = ("/run", "/var/lib/cni", "/var/lib/kubelet", "/var/log")
READY_TIMEOUT_S = 90


class Node:
    """All programs of the node; everything is kept in `folder`."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._folder = folder
        names = ("etcd", "kube-apiserver", "kubectl", "kube-controller-manager")
        self.plane = ControlPlane(Programs(*(binaries / name for name in names)), folder, ADDRESS)
        self._kubectl = binaries / "kubectl"
        self._containerd = self._program("containerd", ["containerd", "--config", folder / "containerd.toml"])
        self._others = [
            self._program(name, [binaries / name, *arguments])
            for name, arguments in (
                ("kube-scheduler", self._scheduler()),
                ("coredns", ["-conf", folder / "Corefile"]),
                ("kube-proxy", self._proxy()),
                ("kubelet", self._kubelet()),
            )
        ]

    def start(self, images: Path) -> None:
        """Start everything, with the image of the sandboxes, and wait until Pods can run."""
        write_network(self._folder)
        (self._folder / "containerd.toml").write_text(containerd_settings(self._folder))
        self._containerd.start()
        self._containerd.wait_until(self._containerd_answers, READY_TIMEOUT_S)
        self._containerd_client("images", "import", str(images), check=True)
        self.plane.start()
        for program in self._others:
            program.start()
        self._others[-1].wait_until(self._is_ready, READY_TIMEOUT_S)

    def _program(self, name: str, arguments: list[str | Path]) -> Program:
        return Program(arguments, self._folder / f"{name}.log")

    def _scheduler(self) -> list[str | Path]:
        config = self.plane.kubeconfig_of("scheduler", "system:kube-scheduler")
        options = ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig")
        return [*(f"--{option}={config}" for option in options), "--bind-address=127.0.0.1", "--leader-elect=false"]

    def _proxy(self) -> list[str | Path]:
        config = self.plane.kubeconfig_of("proxy", "system:kube-proxy")
        return [
            f"--kubeconfig={config}",
            f"--hostname-override={NODE}",
            f"--cluster-cidr={PODS}",
            "--proxy-mode=nftables",
            "--bind-address=127.0.0.1",
            "--conntrack-max-per-core=0",
        ]

    def _kubelet(self) -> list[str | Path]:
        config = self.plane.kubeconfig_of("kubelet", f"system:node:{NODE}", "system:nodes")
        self.plane.server_pair("kubelet-server", ADDRESS)
        (self._folder / "kubelet.json").write_text(json.dumps(kubelet_settings(self._folder)))
        return [
            f"--config={self._folder / 'kubelet.json'}",
            f"--kubeconfig={config}",
            f"--root-dir={self._folder / 'kubelet'}",
            f"--hostname-override={NODE}",
            f"--node-ip={ADDRESS}",
        ]

    def _containerd_answers(self) -> bool:
        return self._containerd_client("version").returncode == 0

    def _containerd_client(self, *arguments: str, check: bool = False) -> subprocess.CompletedProcess[bytes]:
        asked = ["ctr", "--address", str(socket_of(self._folder)), "--namespace", "k8s.io", *arguments]
        return subprocess.run(asked, capture_output=True, check=check, timeout=120)

    def _is_ready(self) -> bool:
        path = "jsonpath={.status.conditions[?(@.type=='Ready')].status}"
        words = [f"--kubeconfig={self.plane.kubeconfig}", "get", "node", NODE, "--output", path]
        asked: list[str | Path] = [self._kubectl, *words]
        return subprocess.run(asked, capture_output=True, check=False, timeout=30).stdout == b"True"


def socket_of(folder: Path) -> Path:
    """Where containerd listens."""
    return folder / "containerd.sock"


def write_network(folder: Path) -> None:
    """How Pods are joined to the node's network, and how they find names."""
    (folder / "cni").mkdir()
    addresses = {"type": "host-local", "ranges": [[{"subnet": PODS}]], "routes": [{"dst": "0.0.0.0/0"}]}
    bridge = {"type": "bridge", "bridge": "cni0", "isGateway": True, "hairpinMode": True, "ipam": addresses}
    plugins = [bridge, {"type": "portmap", "capabilities": {"portMappings": True}}]
    network = {"cniVersion": "1.0.0", "name": "pods", "plugins": plugins}
    (folder / "cni" / "10-pods.conflist").write_text(json.dumps(network))
    (folder / "Corefile").write_text(
        f".:53 {{\n  bind {ADDRESS}\n  errors\n"
        f"  kubernetes {DOMAIN} in-addr.arpa {{\n    kubeconfig {folder}/admin.kubeconfig\n  }}\n}}\n"
    )


def containerd_settings(folder: Path) -> str:
    """containerd's, with the sandbox image that was imported and this folder for all that it keeps."""
    return f"""version = 2
root = "{folder}/containerd"
state = "/run/containerd-state"
[grpc]
  address = "{socket_of(folder)}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{folder}/cni"
"""


def kubelet_settings(folder: Path) -> dict[str, Any]:
    """The kubelet's: as strict as in a cluster, without what this machine may not have (cgroup v2, no swap)."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": ADDRESS,
        "readOnlyPort": 0,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{folder}/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": f"{folder}/kubelet-server.crt",
        "tlsPrivateKeyFile": f"{folder}/kubelet-server.key",
        "containerRuntimeEndpoint": f"unix://{socket_of(folder)}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": CGROUP,
        "failCgroupV1": False,
        "failSwapOn": False,
        "enforceNodeAllocatable": [],
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
        "clusterDNS": [ADDRESS],
        "clusterDomain": DOMAIN,
    }


def make_host() -> None:
    """Give the namespaces what a machine has: loopback, an address, forwarding, and empty folders."""
    for folder in PRIVATE_FOLDERS:
        Path(folder).mkdir(parents=True, exist_ok=True)
        _run("mount", "-t", "tmpfs", "tmpfs", folder)
    _run("ip", "link", "set", "lo", "up")
    # A bridge with nothing on it: not every kernel has the dummy device.
    _run("ip", "link", "add", "node0", "type", "bridge")
    _run("ip", "addr", "add", f"{ADDRESS}/32", "dev", "node0")
    _run("ip", "link", "set", "node0", "up")
    # The API server calls webhooks by Services: without a route the kernel gives up before it asks kube-proxy's rules.
    _run("ip", "route", "add", SERVICE_ADDRESSES, "dev", "node0")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")


def _run(*arguments: str) -> None:
    subprocess.run(arguments, check=True)


def main(binaries: Path, folder: Path, images: Path) -> int:
    """Run the node until standard input ends; `folder/ready` says that it is there."""
    make_host()
    node = Node(binaries, folder)
    node.start(images)
    (folder / "ready").touch()
    with contextlib.suppress(KeyboardInterrupt):
        sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
