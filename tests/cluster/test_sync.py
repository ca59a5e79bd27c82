"""The sidecar against a real API server, with its own rights: published, changed, broken, stopped."""

from __future__ import annotations

import asyncio
import json

import pytest

from cluster.kubectl import Kubectl
from cluster.shared import Api
from generations import generation_of
from postern_dataplane.sync.connection import Connection
from postern_dataplane.sync.published_objects import PublishedObjects
from sidecar import ACCOUNT, Sidecar, give_rights

FIRST, SECOND = generation_of("/a"), generation_of("/a", "/b")


class Gateway:
    """One gateway's namespace, and the sidecar of its data plane."""

    def __init__(self, kubectl, namespace, folder):
        self.kubectl = kubectl
        self.namespace = namespace
        self.folder = folder / "snapshot"
        give_rights(kubectl, namespace)
        self.kubeconfig = folder / "sync.kubeconfig"
        kubectl.as_account(namespace, ACCOUNT, self.kubeconfig)
        self.started = []

    def start(self):
        self.started.append(Sidecar(self.folder, self.namespace, self.kubeconfig))
        return self.started[-1]

    def apply(self, *manifests):
        done = self.kubectl.apply(*manifests, options=(f"--namespace={self.namespace}",))
        assert done.returncode == 0, done.stderr

    def publish(self, generation):
        """As the operator does: the index last."""
        self.apply(*generation.shard_objects, generation.index_object)

    def delete(self, kind, name):
        self.kubectl("delete", kind, name, f"--namespace={self.namespace}", check=True)

    def stop(self):
        """End what a test leaves: each in order, with status 0."""
        running = [one for one in self.started if one.process.poll() is None]
        assert [0] * len(running) == [one.stop() for one in running]


@pytest.fixture
def gateway(kubectl, namespace, tmp_path):
    """A gateway in the API server of all tests."""
    gateway = Gateway(kubectl, namespace, tmp_path)
    yield gateway
    gateway.stop()


def test_a_generation_gets_to_disk_and_so_does_a_change(gateway):
    """With one changed route, one shard is fetched."""
    gateway.publish(FIRST)
    sidecar = gateway.start()
    sidecar.until_installed(FIRST.index)
    gateway.publish(SECOND)
    sidecar.until_installed(SECOND.index)
    sidecar.until(lambda: len(sidecar.told("generation installed")) == 2)
    assert [len(FIRST.shards), 1] == [line["fetched"] for line in sidecar.told("generation installed")]
    for digest, content in SECOND.shards.items():
        assert content == (sidecar.folder / f"shards/{digest}.json").read_bytes()


def test_a_sidecar_may_come_first(gateway):
    """What is published later is taken."""
    sidecar = gateway.start()
    sidecar.until(lambda: sidecar.told("there is no index; what is on disk stays"))
    gateway.publish(FIRST)
    sidecar.until_installed(FIRST.index)


def test_a_deleted_index_changes_nothing(gateway):
    """Until there is another one."""
    gateway.publish(FIRST)
    sidecar = gateway.start()
    sidecar.until_installed(FIRST.index)
    gateway.delete("configmap", "postern-index")
    sidecar.until(lambda: sidecar.told("there is no index; what is on disk stays"))
    assert FIRST.index == sidecar.index
    gateway.publish(SECOND)
    sidecar.until_installed(SECOND.index)


@pytest.mark.parametrize("section", ["routes", "credentials"])
@pytest.mark.parametrize("is_there", [True, False], ids=["bad", "missing"])
def test_a_bad_shard_changes_nothing_until_it_is_put_back(gateway, section, is_there):
    """The index stays as it is meanwhile."""
    gateway.publish(FIRST)
    sidecar = gateway.start()
    sidecar.until_installed(FIRST.index)
    other = generation_of("/other", user="bob")
    name = f"postern-{other.digest_of(section)}"
    [shard] = [one for one in other.shard_objects if one["metadata"]["name"] == name]
    gateway.apply(*(one for one in other.shard_objects if one != shard))
    if is_there:
        gateway.apply({**shard, "data": {"shard.json": "W10="}})
    gateway.apply(other.index_object)
    sidecar.until(lambda: sidecar.told("generation refused"))
    [refusal] = sidecar.told("generation refused")
    assert (other.digest, FIRST.digest) == (refusal["digest"], refusal["serving"])
    assert (FIRST.index, True) == (sidecar.index, other.digest_of(section) in refusal["error"])
    if is_there:
        gateway.delete(shard["kind"], name)
    gateway.apply(shard)
    sidecar.until_installed(other.index)


def test_an_index_of_another_gateway_is_refused(gateway):
    """Whoever wrote it there."""
    gateway.publish(FIRST)
    sidecar = gateway.start()
    sidecar.until_installed(FIRST.index)
    gateway.publish(generation_of("/b", gateway="other"))
    sidecar.until(lambda: sidecar.told("generation refused"))
    assert FIRST.index == sidecar.index
    gateway.publish(SECOND)
    sidecar.until_installed(SECOND.index)


def test_a_token_is_read_again_when_it_was_refused(gateway):
    """A rotation needs no restart."""
    gateway.publish(FIRST)
    good = gateway.kubeconfig.read_text()
    bad = json.loads(good)
    bad["users"][0]["user"]["token"] = "outdated"
    gateway.kubeconfig.write_text(json.dumps(bad))
    sidecar = gateway.start()
    sidecar.until(lambda: sidecar.told("index is not followed for now"))
    assert "the API server answers 401 Unauthorized" == sidecar.told("index is not followed for now")[0]["error"]
    gateway.kubeconfig.write_text(good)
    sidecar.until_installed(FIRST.index)


async def changes_since(gateway, version):
    """What a watch from that version tells until it ends."""
    connection = Connection(str(gateway.kubeconfig))
    try:
        async with asyncio.timeout(30):
            return [one async for one in PublishedObjects(connection, gateway.namespace).index_changes(version)]
    finally:
        await connection.close()


@pytest.fixture
def private_gateway(private_api, api, tmp_path):
    """A gateway in an API server that may be stopped."""
    gateway = Gateway(Kubectl(Api(private_api.kubeconfig, api.kubectl), tmp_path), "default", tmp_path)
    yield gateway
    gateway.stop()


def test_an_api_server_may_stop_and_start(private_gateway, private_api):
    """The last good generation stays, also for a sidecar that starts meanwhile, and then changes come again."""
    gateway = private_gateway
    gateway.publish(FIRST)
    sidecar = gateway.start()
    sidecar.until_installed(FIRST.index)
    private_api.stop_api(kill=True)
    sidecar.until(lambda: sidecar.told("index is not followed for now"))
    private_api.start_api()
    # 410 Gone: a server that has just started knows of no earlier changes.
    assert [] == asyncio.run(changes_since(gateway, "1"))
    gateway.publish(SECOND)
    sidecar.until_installed(SECOND.index)
    assert sidecar.told("API server answers again")

    private_api.stop_api()
    sidecar.kill()
    later = gateway.start()
    later.until(lambda: later.told("generation found on disk"))
    assert (SECOND.digest, SECOND.index) == (later.told("generation found on disk")[0]["digest"], later.index)
    private_api.start_api()
    gateway.publish(FIRST)
    later.until_installed(FIRST.index)
