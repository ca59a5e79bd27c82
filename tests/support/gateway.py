"""A gateway as a process of its own, as whoever runs it starts it, on free ports of loopback.

`Local` is `postern run` on a folder of manifests; `DataPlane` is the data plane
alone, which takes settings that `postern run` doesn't have.  Both serve
manifests, and say where they listen.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from msgspec import structs
from prometheus_client.parser import text_string_to_metric_families

import raw
from manifests import route, service
from postern_core.codec import Encoded
from postern_core.compile import compile_snapshot
from postern_core.parse import parse_manifest
from postern_core.publication import INDEX_FILE, SHARDS_FOLDER, shard_file
from postern_core.snapshot_listeners import Listener
from postern_kit.atomic_file import replace_file
from postern_operator.validators import VALIDATORS
from snapshots import publish_into

POSTERN = Path(sys.executable).parent / "postern"

Manifests = Iterable[dict[str, Any]]


class Gateway:
    """A running gateway; what it prints goes to files, so that it never waits for a reader.

    `listening` finds in what it prints where it serves, and where its admin port is.
    """

    listening: re.Pattern[str]

    def __init__(self, folder: Path, command: list[str | Path], environment: dict[str, str] | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.out, self.err = folder / "stdout", folder / "stderr"
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                stdout=out,
                stderr=err,
                env=os.environ | {"NO_COLOR": "1", "PYTHONUNBUFFERED": "1"} | (environment or {}),
            )
        try:
            self.listen, self.admin = self._addresses()
        except BaseException:
            self.close()
            raise

    def _addresses(self) -> tuple[raw.Address, raw.Address]:
        """Where it listens, which it says once it does."""

        def is_said() -> bool:
            assert self.process.poll() is None, f"it ended at once: {self.err.read_text()}"
            return self.listening.search(self.said()) is not None

        raw.until(is_said, "where the gateway listens")
        listen, listen_port, admin, admin_port = self.listening.search(self.said()).groups()[:4]  # type: ignore[union-attr]
        return (listen.strip("[]"), int(listen_port)), (admin.strip("[]"), int(admin_port))

    def said(self) -> str:
        """All that it has printed."""
        return self.out.read_text() + self.err.read_text()

    def get(self, path: str) -> raw.Answer:
        """Ask the admin port."""
        return raw.ask(self.admin, f"GET {path} HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n")

    def config(self) -> dict[str, Any]:
        return dict(self.get("/config").json())

    def metric(self, name: str, **labels: str) -> float:
        """The sum of all samples of this name that have these labels."""
        # A line is a sample; reading all of them takes longer than the gateway does to write them.
        lines = [line for line in self.get("/metrics").body.decode().splitlines() if line.startswith(name)]
        families = text_string_to_metric_families("\n".join([*lines, ""]))
        samples = (sample for family in families for sample in family.samples)
        return sum(it.value for it in samples if it.name == name and labels.items() <= it.labels.items())

    def until_metric(self, expected: float, name: str, **labels: str) -> None:
        """Wait for a metric; workers tell theirs once a second."""
        raw.until(lambda: self.metric(name, **labels) == expected, f"{name}{labels} to be {expected}")

    def workers(self) -> list[int]:
        """The process ids of those that serve."""
        return [worker["pid"] for worker in self.config()["workers"]]

    def peak_bytes(self) -> int:
        """The most memory that any of the workers has ever had."""
        statuses = [Path(f"/proc/{pid}/status").read_text() for pid in self.workers()]
        return max(int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024 for status in statuses)  # type: ignore[index]

    def cpu_s(self) -> float:
        """The processor time of all workers."""
        stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in self.workers()]
        return sum(int(stat[11]) + int(stat[12]) for stat in stats) / os.sysconf("SC_CLK_TCK")

    def until_digest(self, is_expected: Callable[[str], bool]) -> None:
        """Wait until all workers serve one such snapshot."""

        def is_served() -> bool:
            digest = self.config()["digest"]
            return digest is not None and is_expected(digest)

        raw.until(is_served, f"the snapshot, see {self.err}")

    def terminate(self) -> None:
        """Ask it to stop, as Kubernetes does."""
        self.process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """Wait for its end; gives the exit status."""
        return self.process.wait(raw.PATIENCE_S)

    def close(self) -> None:
        """Stop it, by force if need be."""
        if self.process.poll() is None:
            self.terminate()
            # Twice: running requests are not waited for.
            self.terminate()
        try:
            self.wait()
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class DataPlane(Gateway):
    """`python -m postern_dataplane` on a snapshot that is compiled here."""

    listening = re.compile(r'"listen": ?"(.+?):(\d+)", ?"admin": ?"(.+?):(\d+)"')

    def __init__(self, folder: Path, *options: str, workers: int = 1, host: str = "127.0.0.1") -> None:
        self._config = folder / "snapshot"
        self._config.mkdir(parents=True)
        addresses = ["--listen", f"{host}:0", "--admin", "127.0.0.1:0", "--workers", str(workers)]
        # Upstreams of tests are on loopback; a later option of the same name counts.
        addresses.append("--allowed-upstreams=loopback")
        super().__init__(
            folder, [sys.executable, "-m", "postern_dataplane", "--config", self._config, *addresses, *options]
        )

    def serve(self, manifests: Manifests, *listeners: Listener) -> None:
        """Serve these and nothing else, at these listeners too; returns when it does."""
        resources = [parse_manifest(manifest) for manifest in manifests]
        snapshot = compile_snapshot(resources, inspectors=VALIDATORS).snapshot
        published = publish_into(self._config, structs.replace(snapshot, listeners=listeners))
        self.until_digest(lambda digest: digest == published)

    def publish_generation(self, encoded: Encoded) -> None:
        """Publish a generation as a publisher of another version does: it may hold what this version can't read."""
        for digest, shard in encoded.shards.items():
            replace_file(self._config / SHARDS_FOLDER / shard_file(digest), shard.content)
        self.publish(encoded.index)

    def publish(self, index: bytes) -> None:
        """Replace the index at once, whatever it is."""
        replace_file(self._config / INDEX_FILE, index)


class Local(Gateway):
    """`postern run` on a folder with one file of manifests, `in.yaml`."""

    listening = re.compile(r"Serving on http://(.+?):(\d+); http://(.+?):(\d+)/readyz")

    def __init__(
        self, folder: Path, *options: str, workers: int = 1, environment: dict[str, str] | None = None
    ) -> None:
        self._gateway = options[options.index("--gateway") + 1] if "--gateway" in options else "default"
        self.manifests = folder / "manifests"
        self.manifests.mkdir(parents=True, exist_ok=True)
        self._saves = 0
        addresses = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--workers", str(workers)]
        super().__init__(folder, [POSTERN, "run", self.manifests, *addresses, *options], environment)
        # What is saved from now on is another snapshot than the first, which is empty.
        self.until_digest(bool)

    def serve(self, manifests: Manifests) -> None:
        """Save these in place of what was there; returns when they are served."""
        before = self.config()["digest"]
        self.save(manifests)
        self.until_digest(lambda digest: digest != before)

    def save(self, manifests: Manifests) -> None:
        """Save as an editor does, with a host that makes each save a snapshot of its own."""
        self._saves += 1
        host = f"save-{self._saves}.postern.test"
        marker = [
            service("marker", namespace="postern-test", gateways=[self._gateway], hosts=[host]),
            route("marker", namespace="postern-test", serviceRef={"name": "marker"}),
        ]
        self.write(yaml.dump_all([*manifests, *marker], Dumper=yaml.CSafeDumper, allow_unicode=True))

    def write(self, text: str) -> None:
        """Replace the file at once, whatever the text is."""
        (self.manifests / "in.yaml.new").write_text(text, encoding="utf-8")
        (self.manifests / "in.yaml.new").rename(self.manifests / "in.yaml")


def open_to(address: raw.Address, **upstream: Any) -> list[dict[str, Any]]:
    """Manifests of app.example.com without any auth, in front of one address."""
    endpoints = [{"address": address[0], "port": address[1]}]
    return [service(upstream={"endpoints": endpoints} | upstream), route()]


@contextlib.contextmanager
def dead_port() -> Iterator[int]:
    """A port on which nobody listens, and which nobody else gets meanwhile."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def logged(text: str) -> list[dict[str, Any]]:
    """The JSON lines of a log."""
    complete = text[: text.rfind("\n") + 1]
    return [json.loads(line) for line in complete.splitlines() if line.startswith("{")]
