"""The settings of the sidecar: options of the command line, or variables of the environment."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from postern_dataplane.settings import read_address
from postern_kit.addresses import Address

# What each pod with an API token is told about itself.
NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


class SyncSettings(msgspec.Struct, frozen=True, kw_only=True):
    """All that the sidecar is told."""

    config: str
    """The folder that it writes and the proxy reads, by the same name of the option.  No default: see the proxy's."""

    namespace: str
    """Where the gateway's objects are published.  By default the namespace of the pod."""

    gateway: str = "default"
    """Whose index is taken; one of another gateway is refused.  `default` is the gateway that a Service names when it
    names none."""

    kubeconfig: str | None = None
    """How to reach the API server from outside of a pod.  None: with what each pod is given.  KUBECONFIG is not looked
    at, because a sidecar must not change its cluster by a variable that was meant for somebody else."""

    health: Address | None = None
    """Where health and readiness are asked for.  None: nowhere, because a probe can be a look at the proxy too."""


def read_settings(
    arguments: Sequence[str] | None = None,
    environment: Mapping[str, str] = os.environ,
    namespace_file: Path = NAMESPACE_FILE,
) -> SyncSettings:
    """Read the command line (None: this process's); a mistake in it ends the process with the usage, status 2."""
    parser = argparse.ArgumentParser(
        prog="python -m postern_dataplane.sync",
        description="Bring what is published for a gateway from a cluster to the folder that the proxy serves.",
        epilog="Each option can be a variable instead: POSTERN_CONFIG, POSTERN_GATEWAY and so on.",
        allow_abbrev=False,
    )

    def add(option: str, default: str | None = None, *, required: bool = False, **more: Any) -> None:
        given = environment.get(f"POSTERN_{option.removeprefix('--').upper()}") or default
        parser.add_argument(option, default=given, required=required and given is None, **more)

    own = _own_namespace(namespace_file)
    add("--config", required=True, metavar="DIR", help="folder to write: index.json and shards/")
    add("--gateway", "default", metavar="NAME", help="the gateway whose snapshot it is (default)")
    add("--namespace", own, required=True, metavar="NAME", help="where it is published (the pod's own)")
    add("--kubeconfig", metavar="FILE", help="how to reach the API server (as a pod does)")
    add("--health", type=read_address, metavar="HOST:PORT", help="answer /healthz and /readyz there (nowhere)")
    return SyncSettings(**vars(parser.parse_args(arguments)))


def _own_namespace(file: Path) -> str | None:
    with contextlib.suppress(OSError):
        return file.read_text(encoding="utf-8").strip() or None
    return None
