"""Postern: the complete data plane with one worker."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from bench.gateway import manifests, publish, route
from bench.processes import GATEWAY_CPU, free_port, running, wait_for, wait_for_port
from bench.workloads import Workload

from . import PYTHON, Site, output_of

START_TIMEOUT_S = 120.0
CONNECTIONS_MAX = 16_384
# What built the interpreter is told as well, as one without profiles (PGO) takes a fifth more, and what reads heads.
VERSION = """import importlib.metadata, platform as of
from postern_dataplane.speedups import HEADS
heads = "interpreted" if HEADS is None else "compiled"
python = f"Python {of.python_version()}, {of.python_compiler()}, heads {heads}"
print(importlib.metadata.version("postern-gateway"), f"({python})")"""


class Postern:
    verifies = True

    def __init__(self, workers: int = 1, python: Path = PYTHON) -> None:
        """More workers than one share the gateway's core, so that what they share of each other would show as time."""
        self._python = python
        self.name = "Postern" if workers == 1 else f"Postern, {workers} workers"
        self._workers = workers

    def missing(self) -> str | None:
        return None

    def lacks(self, workload: Workload) -> str | None:
        if workload.tls and "--listen-tls" not in output_of(self._python, "-m", "postern_dataplane", "--help"):
            return "has no --listen-tls yet"
        return None

    def version(self) -> str:
        return output_of(self._python, "-c", VERSION).strip()

    @contextlib.contextmanager
    def start(self, site: Site) -> Iterator[int]:
        workload = site.workload
        spec, has_ids = workload.service, workload.has_ids
        objects = list(manifests(site.upstream, workload.routes, workload.credentials, site.key, spec, has_ids=has_ids))
        if workload.path:
            objects.append(route("more", workload.method, workload.path))
        publish(site.folder / "snapshot", objects)
        admin = free_port()
        command = [str(self._python), "-m", "postern_dataplane", "--config", str(site.folder / "snapshot")]
        command += ["--workers", str(self._workers), "--admin", f"127.0.0.1:{admin}"]
        # As many as the limit of open files lets it have.
        command += ["--max-connections", str(CONNECTIONS_MAX)]
        if "--allowed-upstreams" in output_of(self._python, "-m", "postern_dataplane", "--help"):
            command += ["--allowed-upstreams", "loopback"]
        if workload.tls:
            command += ["--listen-tls", f"127.0.0.1:{site.port}", "--certificates", str(site.certificate.parent)]
        command += ["--listen", f"127.0.0.1:{free_port() if workload.tls else site.port}"]
        with running(command, cpu=GATEWAY_CPU, log=site.folder / "log") as process:
            wait_for_port(admin, process, site.folder / "log", START_TIMEOUT_S)
            wait_for(f"http://127.0.0.1:{admin}/config", lambda said: json.loads(said)["digest"], START_TIMEOUT_S)
            yield process.pid
