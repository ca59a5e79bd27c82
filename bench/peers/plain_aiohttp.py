"""Runs the proxy that one would write oneself."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from bench.processes import GATEWAY_CPU, running, wait_for_port
from bench.workloads import Workload

from . import PYTHON, Site

PROGRAM = Path(__file__).with_name("aiohttp_proxy.py")


class PlainAiohttp:
    name = "aiohttp, plain"
    verifies = True

    def __init__(self, python: Path = PYTHON) -> None:
        self._python = python

    def missing(self) -> str | None:
        return None

    def lacks(self, workload: Workload) -> str | None:
        return "passes no WebSocket on" if workload.websocket else None

    def version(self) -> str:
        return f"{version('aiohttp')} with PyJWT {version('PyJWT')} and uvloop {version('uvloop')}"

    @contextlib.contextmanager
    def start(self, site: Site) -> Iterator[int]:
        key, paths = site.folder / "key", site.folder / "paths"
        key.write_text(site.key.verifying, encoding="utf-8")
        below = "{id}" if site.workload.has_ids else ""
        paths.write_text("\n".join(f"{path}{below}" for path in site.known_paths()), encoding="utf-8")
        command: list[str | Path] = [self._python, PROGRAM, "--port", str(site.port)]
        command += ["--upstream", str(site.upstream), "--algorithm", site.key.algorithm, "--key", key, "--paths", paths]
        if site.workload.tls:
            command += ["--certificate", site.certificate]
        with running(command, cpu=GATEWAY_CPU, log=site.folder / "log") as process:
            wait_for_port(site.port, process, site.folder / "log")
            yield process.pid
