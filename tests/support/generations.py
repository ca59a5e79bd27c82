"""Snapshots as the objects that are published for a gateway in a cluster, for tests of who reads them."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from postern_core.codec import Encoded, encode_snapshot
from postern_core.publication import INDEX_ENTRY, INDEX_OBJECT, SHARD_ENTRY, shard_object
from postern_core.snapshot import Backend, Credential, Endpoint, Endpoints, Key, PathMatch, Route, Snapshot

SECRET = "c2VjcmV0LWtleS1tYXRlcmlhbC1vZi1hLXRlc3Q"


@dataclass(frozen=True)
class Generation:
    """One snapshot in bytes, and as objects."""

    gateway: str
    encoded: Encoded

    @property
    def digest(self) -> str:
        return self.encoded.digest

    @property
    def index(self) -> bytes:
        return self.encoded.index

    @cached_property
    def shards(self) -> dict[str, bytes]:
        """The contents by digest."""
        return {digest: shard.content for digest, shard in self.encoded.shards.items()}

    def digest_of(self, section: str) -> str:
        """The digest of the only shard of a section."""
        [digest] = [shard.digest for shard in self.encoded.shards.values() if shard.section == section]
        return digest

    @property
    def index_object(self) -> dict[str, Any]:
        return {**self._object("ConfigMap", INDEX_OBJECT), "data": {INDEX_ENTRY: self.index.decode()}}

    @property
    def shard_objects(self) -> list[dict[str, Any]]:
        return [self._shard_object(digest) for digest in self.shards]

    def _shard_object(self, digest: str) -> dict[str, Any]:
        content = self.shards[digest]
        if self.encoded.shards[digest].is_secret:
            kind, entry = "Secret", base64.b64encode(content).decode()
        else:
            kind, entry = "ConfigMap", content.decode()
        return {**self._object(kind, shard_object(digest)), "immutable": True, "data": {SHARD_ENTRY: entry}}

    def _object(self, kind: str, name: str) -> dict[str, Any]:
        labels = {"app.kubernetes.io/managed-by": "postern", "postern.dev/gateway": self.gateway}
        return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "labels": labels}}


def open_routes(*paths: str) -> tuple[Route, ...]:
    """A public route for each of these exact paths, all to one upstream."""
    return tuple(
        Route(
            id=f"Route/demo/r{number}",
            namespace="demo",
            name=f"r{number}",
            created="",
            hosts=("*",),
            paths=(PathMatch(type="Exact", value=path),),
            backend="Service/demo/app",
            service="demo/app",
        )
        for number, path in enumerate(paths)
    )


def generation_of(*paths: str, gateway: str = "default", user: str = "ann") -> Generation:
    """A route for each of these exact paths, all to one upstream, and a credential of a user."""
    snapshot = Snapshot(
        gateway=gateway,
        routes=open_routes(*paths),
        backends=(Backend(id="Service/demo/app"),),
        endpoints=(Endpoints(id="Service/demo/app", endpoints=(Endpoint(address="127.0.0.1", port=9),)),),
        credentials=(_credential(user),),
    )
    return Generation(gateway, encode_snapshot(snapshot))


def _credential(user: str) -> Credential:
    return Credential(
        id=f"JWTCredential/demo/{user}",
        namespace="demo",
        name=user,
        created="",
        consumer=f"Consumer/demo/{user}",
        key=user,
        algorithm="HS256",
        keys=(Key(material=SECRET),),
    )
