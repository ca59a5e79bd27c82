"""The settings of the sidecar: each is declared here, once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from postern_kit.addresses import Address
from postern_kit.options import read_command_line
from postern_kit.pod import own_namespace
from postern_kit.settings import ADDRESS, DIRECTORY, FILE, NAME, Option

PREFIX = "POSTERN"


class SyncSettings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings of the sidecar."""

    config: Annotated[str, Option(
        DIRECTORY, "The folder to write: index.json and shards/.", "The --config of the proxy.",
    )]  # fmt: skip
    gateway: Annotated[str, Option(
        NAME, "The gateway whose snapshot it is.",
        "An index of another one is refused. The default is the gateway of a Service that names none.",
    )] = "default"  # fmt: skip
    namespace: Annotated[str, Option(
        NAME, "Where it is published.", "Required outside of a pod.", default="the pod's own",
    )] = msgspec.field(default_factory=own_namespace)  # fmt: skip
    kubeconfig: Annotated[str | None, Option(
        FILE, "How to reach the API server, and as who.",
        "KUBECONFIG is not looked at: a variable that is meant for other programs must not change the cluster.",
        default="as a pod does",
    )] = None  # fmt: skip
    health: Annotated[Address | None, Option(
        ADDRESS, "Answer /healthz and /readyz there.", "A probe can look at the proxy instead.", default="nowhere",
    )] = None  # fmt: skip

    def __post_init__(self) -> None:
        """Refuse to guess a namespace."""
        if not self.namespace:
            raise ValueError("--namespace is required outside of a pod")


def read_settings(arguments: Sequence[str] | None = None) -> SyncSettings:
    """Read the command line (None: this process's) and the environment; a mistake ends the process with status 2."""
    return read_command_line(
        SyncSettings,
        arguments,
        program="python -m postern_dataplane.sync",
        prefix=PREFIX,
        help_="Bring what is published for a gateway from a cluster to the folder that the proxy serves.",
    )
