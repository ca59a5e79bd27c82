"""The programs that the walkthrough needs: httpbin as the application, and the gateway in front of it.

They are started, watched and stopped here; what they are asked belongs in `play`.
"""

from __future__ import annotations

import contextlib
import http.client
import logging
import os
import shlex
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import yaml
from werkzeug.serving import WSGIRequestHandler, make_server

START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 40.0  # Longer than the gateway's own grace for running requests.

# Held by whoever is writing: the gateway's own lines wait until the walkthrough has been played.
terminal = threading.Lock()


class DemoError(Exception):
    """The walkthrough can't be played; the message says why and what to do."""


@contextlib.contextmanager
def httpbin(service_file: Path) -> Iterator[None]:
    """Serve httpbin where the Service of this file says that its upstream is."""
    manifest = yaml.safe_load(service_file.read_text())
    url = urlsplit(manifest["spec"]["upstream"]["url"])
    address, port = url.hostname or "127.0.0.1", url.port or 80
    refuse_if_taken(f"{address}:{port}", f"choose another port in {service_file}")
    for name in ("httpbin.core", "werkzeug"):
        logging.getLogger(name).setLevel(logging.ERROR)
    from httpbin import app  # noqa: PLC0415 - it logs when it is imported, so its logger was made quiet first

    server = make_server(address, port, app, threaded=True, request_handler=KeepAlive)
    threading.Thread(target=server.serve_forever, name="httpbin", daemon=True).start()
    print(f"httpbin is the application: {url.geturl()}", flush=True)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


class KeepAlive(WSGIRequestHandler):
    """Keeps connections open, as applications do."""

    protocol_version = "HTTP/1.1"


@contextlib.contextmanager
def gateway(folder: Path, listen: str, admin: str) -> Iterator[subprocess.Popen[str]]:
    """Run `postern run` on a folder, and stop it at the end."""
    command = [*postern(), "run", "--listen", listen, "--admin", admin, str(folder)]
    print(f"$ {shlex.join(command)}", flush=True)
    colour = {"FORCE_COLOR": "1"} if sys.stdout.isatty() and "NO_COLOR" not in os.environ else {}
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,  # One stream, so that lines keep their order.
        text=True,
        env=os.environ | colour,
        start_new_session=True,  # Ctrl-C is for the demo, which then stops the gateway in peace.
    ) as process:
        assert process.stdout is not None
        pump = threading.Thread(target=copy_lines, args=(process.stdout,), daemon=True)
        pump.start()
        try:
            wait_until_ready(admin, process)
            yield process
        finally:
            stop(process)
            pump.join(timeout=1)


def show_console(folder: Path) -> None:
    """Open the console on a folder, and return when it has ended; it prints its link, where no browser opens."""
    command = [*postern(), "console", str(folder)]
    print(f"\n$ {shlex.join(command)}", flush=True)
    with subprocess.Popen(command, start_new_session=True) as process:
        try:
            process.wait()
        finally:
            stop(process)


def copy_lines(source: IO[str]) -> None:
    for line in source:
        with terminal:
            print(line, end="", flush=True)


def stop(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()


def wait_until_ready(admin: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise DemoError(f"the gateway ended with status {process.returncode}; its last lines say why")
        with contextlib.suppress(OSError, http.client.HTTPException):
            if is_ready(admin):
                return
        time.sleep(0.05)
    raise DemoError(f"the gateway was not ready after {START_TIMEOUT_S:.0f} seconds")


def is_ready(admin: str) -> bool:
    with contextlib.closing(http.client.HTTPConnection(admin, timeout=1)) as connection:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK


def refuse_if_taken(address: str, way_out: str) -> None:
    """Say clearly, and before anything has started, what a failing bind would say later."""
    host, _, port = address.rpartition(":")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except (OSError, ValueError, OverflowError) as error:
            raise DemoError(f"{address} can't be used ({error}); {way_out}") from None


def postern() -> list[str]:
    """The command beside this interpreter, as somebody in this folder would type it."""
    path = Path(sys.executable).parent / "postern"
    return [str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)]
