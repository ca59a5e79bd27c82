"""The gateway that is measured: its manifests, compiled and published as `postern run` would."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.material import HOST, Key, make_key
from postern_core.codec import encode_snapshot
from postern_core.compile import compile_snapshot
from postern_core.link.shares import Share
from postern_core.parse import parse_manifest
from postern_kit.snapshot_dir import SnapshotDir
from postern_operator.validators import VALIDATORS

KEY = make_key("HS256")
TOKEN = KEY.token()
# All objects are of one namespace, and some sizes are beyond its usual share.
SHARE = Share(routes=10**6, credentials=10**6, size_bytes=2**40)
TOKEN_HEADER = f"Authorization: Bearer {TOKEN}"


def publish(folder: Path, objects: Iterable[dict[str, Any]]) -> None:
    """Write the snapshot of these manifests."""
    parsed = [parse_manifest(one) for one in objects]
    compiled = compile_snapshot(parsed, inspectors=VALIDATORS, share=SHARE)
    if compiled.problems:
        raise ValueError(f"the manifests are wrong: {compiled.problems[0]}")
    SnapshotDir(folder).publish(encode_snapshot(compiled.snapshot))


def manifests(
    upstream_port: int,
    routes: int,
    credentials: int,
    key: Key = KEY,
    service: Mapping[str, Any] | None = None,
    *,
    has_ids: bool = False,
) -> Iterator[dict[str, Any]]:
    """One service whose routes want a token, and credentials of one consumer; `service` is the rest of its spec.

    With `has_ids` a route takes whatever is below its path, and bodies too.
    """
    upstream = {"url": f"http://127.0.0.1:{upstream_port}"}
    jwt = {"tokenIssuers": [{"name": "idp"}]} if key.issuer else {}
    spec: dict[str, Any] = {"hosts": [HOST], "pathPrefix": "/v1", "upstream": upstream, "auth": {"jwt": jwt}}
    yield _object("postern.dev/v1alpha1", "Service", "app", spec=spec | dict(service or {}))
    yield _object("postern.dev/v1alpha1", "Consumer", "c", spec={"groups": ["readers"]})
    if key.is_secret:
        yield _object("v1", "Secret", "c", type="postern.dev/jwt-key", stringData={"secret": key.verifying})
    if key.issuer:
        yield from _issuer(key)
    for number in range(routes):
        below = route(f"r{number}", "GET", f"/r{number}")
        if has_ids:
            below["spec"] |= {"methods": ["GET", "POST"], "paths": [{"type": "Prefix", "value": f"/r{number}"}]}
        yield below
    for number in range(credentials):
        keys = [{"secretRef": {"name": "c", "key": "secret"}} if key.is_secret else {"publicKey": key.verifying}]
        yield _object(
            "postern.dev/v1alpha1", "JWTCredential", f"c{number}",
            spec={"consumerRef": {"name": "c"}, "algorithm": key.algorithm, "keys": keys},
        )  # fmt: skip


def _issuer(key: Key) -> Iterator[dict[str, Any]]:
    """An identity provider whose callers are one Consumer, as those of the credential are, with its JWK Set."""
    callers = {"consumer": {"name": "c"}}
    keys = {"ref": {"name": "idp", "key": "jwks.json"}}
    spec = {"issuer": key.issuer, "keys": keys, "anyAudience": True, "callers": callers}
    yield _object("postern.dev/v1alpha1", "TokenIssuer", "idp", spec=spec)
    yield _object("v1", "ConfigMap", "idp", data={"jwks.json": key.jwks()})


def route(name: str, method: str, path: str) -> dict[str, Any]:
    """A route of the service to exactly this path."""
    paths = [{"type": "Exact", "value": path}]
    spec = {"serviceRef": {"name": "app"}, "methods": [method], "paths": paths}
    return _object("postern.dev/v1alpha1", "Route", name, spec=spec)


def _object(version: str, kind: str, name: str, **rest: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "bench"}, **rest}
