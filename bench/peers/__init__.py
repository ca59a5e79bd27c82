"""The gateways that are measured: each can say what it lacks, tell its version, and be run for a workload."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench.material import Key
from bench.workloads import Workload

# What runs the gateways that are written in Python, where no other interpreter is named.
PYTHON = Path(sys.executable)


@dataclass(frozen=True, slots=True)
class Site:
    """Where a gateway is run: its ports, a folder of its own, and what it must know."""

    workload: Workload
    folder: Path
    port: int
    upstream: int
    key: Key
    # With tls.crt, tls.key, and both.pem.
    certificate: Path

    def known_paths(self) -> Iterator[str]:
        """The paths that a gateway has routes for, as clients ask for them; those with ids below end with a slash."""
        end = "/" if self.workload.has_ids else ""
        yield from (f"/v1/r{number}{end}" for number in range(self.workload.routes))
        if self.workload.path:
            yield f"/v1{self.workload.path}"


class Peer(Protocol):
    """One of the gateways."""

    name: str
    # Whether it looks at tokens; what doesn't is asked with good ones only.
    verifies: bool

    def missing(self) -> str | None:
        """What this machine lacks for it; None when it can be run."""

    def lacks(self, workload: Workload) -> str | None:
        """Why it can't do this workload; None when it can."""

    def version(self) -> str:
        """Its version, as it says itself."""

    def start(self, site: Site) -> contextlib.AbstractContextManager[int]:
        """Run it until the context ends; gives the process, of which all others that it needs are children."""


def output_of(*command: str | Path) -> str:
    """What a program says, on either stream."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout + done.stderr
