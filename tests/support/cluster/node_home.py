"""The home of a node from source: namespaces of its own, from outside; see `node` for what lives in them.

`python -m cluster.node_home BINARIES FOLDER IMAGES` makes them, runs the node, and
removes what is left: it needs root.  It ends when its standard input does, also
when whoever started it was killed.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

from .node import CGROUP

CGROUPS = Path("/sys/fs/cgroup")
# Debian's names; the node's other programs are built from source.
PACKAGES = {
    "containerd": "containerd",
    "runc": "runc",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
    "nft": "nftables",
    "ip": "iproute2",
    "conntrack": "conntrack",
    "nsenter": "util-linux",
}


def network_of(folder: Path) -> Path:
    """The node's network namespace, to be entered by those who talk to it."""
    return folder / "network"


def main(arguments: list[str]) -> int:
    """Run the node in its namespaces, then clean up."""
    folder = Path(arguments[1])
    # The one that decides is the standard input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    network_of(folder).touch()
    for hierarchy in hierarchies():
        (hierarchy / CGROUP.lstrip("/")).mkdir(exist_ok=True)
    unshare = ["unshare", f"--net={network_of(folder)}", "--mount", "--propagation=private"]
    unshare += ["--pid", "--fork", "--kill-child", "--mount-proc"]
    try:
        return subprocess.run([*unshare, sys.executable, "-m", "cluster.node", *arguments], check=False).returncode
    finally:
        subprocess.run(["umount", network_of(folder)], check=False)
        remove_cgroups()
        shutil.rmtree(folder, ignore_errors=True)


def hierarchies() -> list[Path]:
    """Where cgroups are: one place, or with version 1 one for each controller."""
    if (CGROUPS / "cgroup.controllers").exists():
        return [CGROUPS]
    return [path for path in sorted(CGROUPS.iterdir()) if path.is_dir() and not path.is_symlink()]


def remove_cgroups() -> None:
    """Remove the node's cgroups, which outlive its processes."""
    for hierarchy in hierarchies():
        root = hierarchy / CGROUP.lstrip("/")
        for folder in sorted((path for path in (root, *root.rglob("*")) if path.is_dir()), reverse=True):
            folder.rmdir()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
