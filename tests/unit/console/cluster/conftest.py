"""A cluster to read, and a console about it."""

from __future__ import annotations

import base64
import contextlib

import pytest

import manifests
from answering_api import answering
from cluster_to_read import cluster_to_read
from postern_cli.sources import Where
from postern_console.cluster.cluster_objects import ClusterObjects
from postern_console.cluster.session import Session


@pytest.fixture
def cluster(tmp_path):
    """A cluster with one protected application, and alice who may call it; the operator has not looked at it."""
    with cluster_to_read(tmp_path) as cluster:
        secret = manifests.secret()
        data = {name: _base64(text) for name, text in secret.pop("stringData").items()}
        cluster.put(
            manifests.service(auth={"jwt": {}}),
            manifests.route(paths=[{"type": "Prefix", "value": "/v1"}]),
            manifests.consumer(groups=["readers"]),
            manifests.credential(),
            {**secret, "data": data},
        )
        yield cluster


def _base64(text):
    return base64.b64encode(text.encode()).decode()


@contextlib.asynccontextmanager
async def objects_of(cluster, namespace="", *, writes=False):
    """The objects of a cluster, as the console's pages have them."""
    where = Where(kubeconfig=str(cluster.kubeconfig), namespace=namespace)
    async with Session(where) as session, ClusterObjects(session, where, writes=writes) as objects:
        yield objects


@pytest.fixture
async def objects(cluster):
    """Those of the whole cluster."""
    async with objects_of(cluster) as objects:
        yield objects


@pytest.fixture
async def written_objects(cluster):
    """Those of the whole cluster, as with `--write`."""
    async with objects_of(cluster, writes=True) as objects:
        yield objects


@pytest.fixture
async def objects_of_empty(cluster):
    """Those of a namespace in which there are none, as with `-n empty`."""
    async with objects_of(cluster, "empty") as objects:
        yield objects


@pytest.fixture
async def server():
    """An API server with the answers of a test, and its client."""
    async with answering() as (api, client):
        yield api, client
