"""The application behind the gateways: nginx, or a server of WebSockets; on the core of the load."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.mixed import ANSWER_BYTES
from bench.processes import OTHERS_CPU, free_port, running, wait_for_port
from bench.templates import render
from bench.workloads import Workload

DOCUMENT = json.dumps({"slideshow": "x" * 412})
FILES: dict[str, int] = {
    "body-64k": 64 * 2**10,
    "body-10m": 10 * 2**20,
    **{f"mixed-{number:x}": size for number, size in enumerate(ANSWER_BYTES)},
}


def answer_bytes(workload: Workload) -> int:
    """How long the application's answer is."""
    return ANSWER_BYTES[0] if workload.has_ids else FILES.get(workload.path.removeprefix("/"), len(DOCUMENT))


@contextlib.contextmanager
def application(folder: Path, workload: Workload) -> Iterator[int]:
    """Run it; gives its port."""
    port = free_port()
    if workload.websocket:
        command: list[str | Path] = [sys.executable, "-m", "bench.websocket", "echo", "--port", str(port)]
    else:
        for name, size in FILES.items():
            (folder / name).write_bytes(os.urandom(size))
        # nginx as root works as nobody, who must come through to the files.
        folder.chmod(0o755)
        conf = folder / "application.conf"
        conf.write_text(render("application.conf", folder=folder, port=port, body=DOCUMENT), encoding="utf-8")
        command = ["nginx", "-c", conf]
    log = folder / "application-output"
    with running(command, cpu=OTHERS_CPU, log=log) as process:
        wait_for_port(port, process, log)
        yield port
