"""The gateway that is measured: its manifests, compiled and published as `postern run` would."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt

from postern_core.codec import encode_snapshot
from postern_core.compile import compile_snapshot
from postern_core.parse import parse_manifest
from postern_operator.inspectors import INSPECTORS

SECRET = "a secret for measurements only, 32 bytes and more"  # noqa: S105 # of nobody
HOST = "bench.example.com"
TOKEN = jwt.encode(
    {"key": "c0", "exp": datetime.now(UTC) + timedelta(days=1), "user": "oiloil", "age": 18}, SECRET, "HS256"
)
TOKEN_HEADER = f"Authorization: Bearer {TOKEN}"


def publish(folder: Path, upstream_port: int, routes: int, credentials: int = 1) -> None:
    """Write the snapshot of a service with so many routes and credentials."""
    parsed = [parse_manifest(manifest) for manifest in manifests(upstream_port, routes, credentials)]
    compiled = compile_snapshot(parsed, inspectors=INSPECTORS)
    if compiled.problems:
        raise ValueError(f"the manifests are wrong: {compiled.problems[0]}")
    encoded = encode_snapshot(compiled.snapshot)
    (folder / "shards").mkdir(parents=True, exist_ok=True)
    for shard in encoded.shards.values():
        (folder / "shards" / f"{shard.digest}.json").write_bytes(shard.content)
    index = folder / "index.new"
    index.write_bytes(encoded.index)
    index.replace(folder / "index.json")


def manifests(upstream_port: int, routes: int, credentials: int) -> Iterator[dict[str, Any]]:
    """One service whose routes want a token, and so many credentials of one consumer."""
    upstream = {"url": f"http://127.0.0.1:{upstream_port}"}
    spec: dict[str, Any] = {"hosts": [HOST], "pathPrefix": "/v1", "upstream": upstream, "auth": {"jwt": {}}}
    yield _object("postern.dev/v1alpha1", "Service", "app", spec=spec)
    yield _object("postern.dev/v1alpha1", "Consumer", "c", spec={"groups": ["readers"]})
    yield _object("v1", "Secret", "c", stringData={"secret": SECRET})
    for number in range(routes):
        path = {"type": "Exact", "value": f"/r{number}"}
        yield _object(
            "postern.dev/v1alpha1", "Route", f"r{number}",
            spec={"serviceRef": {"name": "app"}, "methods": ["GET"], "paths": [path]},
        )  # fmt: skip
    for number in range(credentials):
        keys = [{"secretRef": {"name": "c", "key": "secret"}}]
        yield _object(
            "postern.dev/v1alpha1", "JWTCredential", f"c{number}", spec={"consumerRef": {"name": "c"}, "keys": keys}
        )


def _object(version: str, kind: str, name: str, **rest: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "bench"}, **rest}
