"""What the data plane's tests share: snapshots on disk, records of requests, and whole data planes."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from data_port import Loop, Port, Transport
from generations import open_routes
from postern_core.snapshot import Backend, Endpoint, Endpoints, Snapshot
from snapshots import publish_into

STARTING_S = 20


def snapshot_of(*paths):
    """A public route for each of these exact paths, all to one upstream."""
    return Snapshot(
        gateway="default",
        routes=open_routes(*paths),
        backends=(Backend(id="Service/demo/app"),),
        endpoints=(Endpoints(id="Service/demo/app", endpoints=(Endpoint(address="127.0.0.1", port=9),)),),
    )


@pytest.fixture
def folder(tmp_path):
    """A folder for snapshots, which isn't there yet."""
    return tmp_path / "snapshot"


@pytest.fixture
def publish(folder):
    """Publishes a snapshot with these exact paths into the folder."""
    return lambda *paths: publish_into(folder, snapshot_of(*paths))


class DataPlane:
    """`python -m postern_dataplane` as a process of its own."""

    def __init__(self, folder, *options):
        self._said = b""
        addresses = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "postern_dataplane", "--config", folder, *addresses, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )

    @functools.cached_property
    def addresses(self):
        """Where it listens, by what its log says once it does; read by bytes: the rest is `communicate`'s."""
        while b'"data plane started"' not in self._said or not self._said.endswith(b"\n"):
            part = os.read(self.process.stderr.fileno(), 1)
            assert part, f"ended at once: {self._said.decode()}"
            self._said += part
        return json.loads(self._said.splitlines()[-1])

    def get(self, path):
        """Status and body of the admin port's answer, (0, "") when there is none."""
        try:
            with urllib.request.urlopen(f"http://{self.addresses['admin']}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()
        except OSError:
            return 0, ""

    def config(self):
        return json.loads(self.get("/config")[1] or "{}")

    def status_of(self, path):
        """The status with which the gateway itself answers."""
        try:
            with urllib.request.urlopen(f"http://{self.addresses['listen']}{path}", timeout=5) as answer:
                return answer.status
        except urllib.error.HTTPError as answer:
            return answer.code

    def until(self, is_so):
        """Wait for something to become so, for as long as a slow machine may take."""
        deadline = time.monotonic() + STARTING_S
        while not is_so():
            assert time.monotonic() < deadline, f"never came to be; status {self.process.poll()}"
            time.sleep(0.02)

    def until_ready(self):
        self.until(lambda: self.get("/readyz")[0] == 200)
        return self

    def stop(self):
        """End it as Kubernetes does; gives the exit status, stdout and stderr."""
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=STARTING_S)
        return self.process.returncode, out, self._said.decode() + err


@pytest.fixture
def data_plane(folder):
    """Starts data planes on the folder, and ends those that a test leaves."""
    started = []

    def start(*options):
        started.append(DataPlane(folder, *options))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate()


@pytest.fixture
def loop():
    """A loop in a test's hands; what nobody has caught fails the test."""
    made = Loop()
    yield made
    assert [] == made.unhandled
    made.close()


@pytest.fixture
def make_port(loop):
    """Makes gateways, and closes them."""
    made = []

    def make(**settings):
        made.append(Port(loop, **settings))
        return made[-1]

    yield make
    for port in made:
        loop.run_until_complete(port.gateway.close())
    loop.settle()


@pytest.fixture
def port(make_port):
    """A gateway with one address behind it."""
    return make_port()


@pytest.fixture
def client(port):
    """A client of it."""
    return port.client()


@pytest.fixture
def transport_of(loop):
    """Connects a protocol to a transport of its own."""

    def connect(protocol):
        transport = Transport(protocol, loop)
        loop.call(protocol.connection_made, transport)
        return transport

    return connect
