"""As much of an API server as the command line reads: lists, objects, selectors, refusals; in a thread of its own.

What the real one answers is tested in tests/cluster.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

PLURALS = {
    "EndpointSlice": "endpointslices",
    "Ingress": "ingresses",
    "IngressClass": "ingressclasses",
    "JWTCredential": "jwtcredentials",
}
DATE = "Tue, 24 Nov 2026 06:00:00 GMT"


class ClusterToRead:
    """Objects by path; `answers` are given as they are, `refused` is the status for paths that begin so.

    `asked` has the paths of all requests, in order.
    """

    def __init__(self, kubeconfig: Path) -> None:
        self.kubeconfig = kubeconfig
        self.objects: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, Any] = {}
        self.refused: dict[str, int] = {}
        self.asked: list[str] = []

    def put(self, *manifests: dict[str, Any]) -> None:
        """Objects as they are there, with a uid and a generation."""
        for number, manifest in enumerate(manifests, len(self.objects)):
            own = {
                "uid": f"uid-{number}",
                "resourceVersion": str(number + 1),
                "creationTimestamp": "2026-01-01T00:00:00Z",
            }
            metadata = {**own, **manifest["metadata"]}
            if "spec" in manifest:
                metadata.setdefault("generation", 1)
            self.objects[path_of(manifest)] = {**manifest, "metadata": metadata}

    def answer(self, target: str) -> tuple[int, Any]:
        parts = urlsplit(target)
        self.asked.append(parts.path)
        status = next(
            (self.refused[one] for one in sorted(self.refused, reverse=True) if parts.path.startswith(one)), 0
        )
        if status:
            return status, {"kind": "Status", "code": status, "message": "QUOTED"}
        if parts.path in self.answers:
            return 200, self.answers[parts.path]
        if parts.path in self.objects:
            return 200, self.objects[parts.path]
        listed = self._listed(parts.path, parse_qs(parts.query))
        if listed is None:
            return 404, {"kind": "Status", "code": 404}
        return 200, {"metadata": {"resourceVersion": "1"}, "items": listed}

    def _listed(self, path: str, query: dict[str, list[str]]) -> list[dict[str, Any]] | None:
        """The objects below a path of a list, None for the path of an object."""
        parts = path.strip("/").split("/")
        parts = parts[2:] if parts[0] == "api" else parts[3:]
        if len(parts) not in (1, 3):
            return None
        version = path.strip("/").split("/")[: 2 if path.startswith("/api/") else 3]
        found = []
        for key, manifest in self.objects.items():
            own = key.strip("/").split("/")
            is_below = own[: len(version)] == version and own[-2] == parts[-1]
            if is_below and (len(parts) == 1 or own[-3] == parts[1]) and _is_selected(manifest, query):
                found.append({name: value for name, value in manifest.items() if name not in ("apiVersion", "kind")})
        return found


def path_of(manifest: dict[str, Any]) -> str:
    version, kind, metadata = manifest["apiVersion"], manifest["kind"], manifest["metadata"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    plural = PLURALS.get(kind, f"{kind.lower()}s")
    within = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
    return f"{root}{within}/{plural}/{metadata['name']}"


def _is_selected(manifest: dict[str, Any], query: dict[str, list[str]]) -> bool:
    metadata = manifest["metadata"]
    for selector in query.get("fieldSelector", [""])[0].split(","):
        if selector and metadata["name"] != selector.removeprefix("metadata.name="):
            return False
    for selector in query.get("labelSelector", [""])[0].split(","):
        name, equals, value = selector.partition("=")
        labels = metadata.get("labels", {})
        if name and (name not in labels or (equals and labels[name] != value)):
            return False
    return True


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that go without a word."""


@contextmanager
def cluster_to_read(folder: Path, namespace: str = "default") -> Iterator[ClusterToRead]:
    """A running one, and a kubeconfig whose context `here` names it, with that namespace."""
    cluster = ClusterToRead(folder / "kubeconfig")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, answer = cluster.answer(self.path)
            content = json.dumps(answer).encode()
            self.send_response_only(status)
            self.send_header("Date", DATE)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    config = {
        "apiVersion": "v1", "kind": "Config", "current-context": "here",
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
        "users": [{"name": "u", "user": {"token": "t0ken"}}],
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u", "namespace": namespace}}],
    }  # fmt: skip
    cluster.kubeconfig.write_text(json.dumps(config))
    try:
        yield cluster
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
