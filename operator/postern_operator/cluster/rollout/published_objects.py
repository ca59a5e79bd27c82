"""The objects that carry a snapshot: how they are written, and what of them is known.

Pure.  A published object is remembered by its digest, never by its content, so
that the operator's memory holds no key a second time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from postern_core.codec import CodecError, Encoded, Shard, decode_index
from postern_core.grants_codec import decode_grants_index
from postern_core.publication import (
    GRANTS_ENTRY,
    INDEX_ENTRY,
    INDEX_OBJECT,
    SHARD_ENTRY,
    digest_of_shard_object,
    shard_object,
)
from postern_operator.cluster.api.resource_types import CONFIG_MAPS, SECRETS

MANAGED_BY = "app.kubernetes.io/managed-by"
GATEWAY = "postern.dev/gateway"

RESOURCES = {"ConfigMap": CONFIG_MAPS, "Secret": SECRETS}


class ObjectKey(NamedTuple):
    """A published object's kind and name, in its gateway's namespace."""

    kind: str
    name: str


INDEX_KEY = ObjectKey("ConfigMap", INDEX_OBJECT)


@dataclass(frozen=True, slots=True)
class PublishedObject:
    """What is known of one object: the SHA-256 of its content, and whether all else is as we write it.

    `names` are the shards that an index names, those of the grants among them, empty for a shard; `grants` is
    the index of the grants.
    """

    digest: str
    is_intact: bool
    uid: str = ""
    names: frozenset[str] = frozenset()
    grants: bytes = b""


def key_of(shard: Shard) -> ObjectKey:
    return shard_place(shard.digest, is_secret=shard.is_secret)


def shard_place(digest: str, *, is_secret: bool) -> ObjectKey:
    """Where the shard of that digest is published."""
    return ObjectKey("Secret" if is_secret else "ConfigMap", shard_object(digest))


def shard_manifest(shard: Shard, namespace: str, gateway: str) -> dict[str, Any]:
    """Return a shard as an immutable object."""
    place, content = key_of(shard), {SHARD_ENTRY: shard.content.decode()}
    if shard.is_secret:
        content = {SHARD_ENTRY: base64.b64encode(shard.content).decode()}
    manifest = {**_head(place, namespace, gateway), "immutable": True, "data": content}
    return manifest | {"type": "Opaque"} if shard.is_secret else manifest


def index_manifest(encoded: Encoded, namespace: str, gateway: str) -> dict[str, Any]:
    """The one object that changes: the snapshot and its grants change together."""
    data = {INDEX_ENTRY: encoded.index.decode(), GRANTS_ENTRY: encoded.grants.decode()}
    return {**_head(INDEX_KEY, namespace, gateway), "data": data}


def observe(manifest: Mapping[str, Any], gateway: str) -> tuple[ObjectKey, PublishedObject] | None:
    """What is known of an object of the gateway's namespace, None if its name is none of ours."""
    place = ObjectKey(manifest["kind"], manifest["metadata"]["name"])
    if place != INDEX_KEY and digest_of_shard_object(place.name) is None:
        return None
    content = content_of(manifest, INDEX_ENTRY if place == INDEX_KEY else SHARD_ENTRY)
    digest = hashlib.sha256(content).hexdigest() if content is not None else ""
    labels = manifest["metadata"].get("labels") or {}
    is_intact = all(labels.get(name) == value for name, value in _labels(gateway).items())
    uid = str(manifest["metadata"].get("uid", ""))
    if place == INDEX_KEY:
        grants = content_of(manifest, GRANTS_ENTRY) or b""
        return place, PublishedObject(digest, is_intact, uid, _named_by(content) | _named_by_grants(grants), grants)
    is_intact = is_intact and bool(manifest.get("immutable")) and digest_of_shard_object(place.name) == digest
    return place, PublishedObject(digest, is_intact, uid)


def _head(place: ObjectKey, namespace: str, gateway: str) -> dict[str, Any]:
    metadata = {"name": place.name, "namespace": namespace, "labels": _labels(gateway)}
    return {"apiVersion": "v1", "kind": place.kind, "metadata": metadata}


def _labels(gateway: str) -> dict[str, str]:
    return {MANAGED_BY: "postern", GATEWAY: gateway}


def content_of(manifest: Mapping[str, Any], entry: str) -> bytes | None:
    """What the object holds, None where it holds nothing that can be read."""
    value = (manifest.get("data") or {}).get(entry)
    if value is None or manifest["kind"] != "Secret":
        return None if value is None else str(value).encode()
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None


def _named_by(content: bytes | None) -> frozenset[str]:
    try:
        return frozenset(shard.digest for shard in decode_index(content or b"").shards)
    except CodecError:
        return frozenset()


def _named_by_grants(content: bytes) -> frozenset[str]:
    try:
        return frozenset(shard.digest for shard in decode_grants_index(content).shards)
    except CodecError:
        return frozenset()
