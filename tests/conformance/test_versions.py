"""Versions that differ while pods are replaced: what one does not know it refuses, and requests notice nothing."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import jwt
import pytest

import raw
from gateway import DataPlane, open_to
from load import Load
from manifests import route
from postern_core.codec import SECRET_SECTIONS, SECTIONS, Encoded, Shard, encode_snapshot
from postern_core.compile import compile_snapshot
from postern_core.parse import parse_manifest
from postern_core.snapshot import FORMAT
from postern_operator.validators import VALIDATORS
from raw import ask, request

# As the last version before CORS, rate limits and address lists wrote it: no later field is in it.
FROZEN = Path(__file__).parent / "generations"
SECRET = b"a-key-of-tests-only-of-32-bytes-and-more"


@pytest.fixture
def gateway(start_gateway, module_upstream):
    return start_gateway(open_to(module_upstream.address), kind=DataPlane)


def generation_of(sections, head):
    """The bytes of a generation with these entries by section, one shard for each section."""
    shards, named = {}, []
    for section in [name for name in SECTIONS if sections.get(name)]:
        content = json.dumps(sections[section]).encode()
        digest, is_secret = hashlib.sha256(content).hexdigest(), section in SECRET_SECTIONS
        shards[digest] = Shard(digest, section, is_secret, content)
        named.append({"section": section, "bucket": 0, "digest": digest, "is_secret": is_secret})
    index = json.dumps({**head, "shards": named}).encode()
    return Encoded(index, hashlib.sha256(index).hexdigest(), shards)


def with_field_of_a_newer_version(manifests, section):
    """The generation of these manifests, in which the entries of a section have one field more."""
    parsed = [parse_manifest(manifest) for manifest in manifests]
    encoded = encode_snapshot(compile_snapshot(parsed, inspectors=VALIDATORS).snapshot)
    sections = {name: [] for name in SECTIONS}
    for shard in encoded.shards.values():
        sections[shard.section] += json.loads(shard.content)
    sections[section] = [{**entry, "fromANewerVersion": True} for entry in sections[section]]
    return generation_of(sections, {"format": FORMAT, "gateway": "default"})


@pytest.mark.parametrize("section", ["routes", "backends"])
def test_an_operator_that_is_upgraded_first_fails_no_request(gateway, module_upstream, section):
    """A pod of the old version refuses fields that it does not know, and serves the last state that it understood."""
    before = gateway.config()["digest"]
    another = route("another", paths=[{"type": "Exact", "value": "/another"}])
    newer = [*open_to(module_upstream.address), another]
    with Load(lambda: ask(gateway.listen, request("/")).status) as load:
        gateway.publish_generation(with_field_of_a_newer_version(newer, section))
        gateway.until_metric(1, "postern_reloads_total", result="refused")
        assert before == gateway.config()["digest"]
        seen = load.asked
        raw.until(lambda: load.asked > seen + 20, "requests under the old state")
        gateway.serve(newer)
    assert [] == load.failed


@pytest.mark.parametrize("version", [FORMAT])
def test_a_data_plane_that_is_upgraded_first_fails_no_request(start_gateway, module_upstream, version):
    """An older operator leaves the newer fields out, and what it wrote means what it has always meant."""
    kept = json.loads((FROZEN / f"format-{version}.json").read_text(encoding="utf-8"))
    sections = kept.pop("sections")
    host, port = module_upstream.address
    sections["endpoints"][0]["endpoints"] = [{"address": host, "port": port}]
    gateway = start_gateway([], kind=DataPlane)
    older = generation_of(sections, kept)
    gateway.publish_generation(older)
    gateway.until_digest(lambda digest: digest == older.digest)
    token = jwt.encode({"key": "oiloil_key", "user": "oiloil"}, SECRET, "HS256")

    def asked(path, *fields):
        return ask(gateway.listen, request(path, *fields)).status

    with Load(lambda: asked("/v1/orders", f"Authorization: Bearer {token}")) as load:
        raw.until(lambda: load.asked > 20, "requests under the state that an older version wrote")
        assert (401, 404) == (asked("/v1/orders"), asked("/v1/other"))
    assert [] == load.failed
