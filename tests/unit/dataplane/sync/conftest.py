"""What the sidecar's tests share: an API server that does as it is told, and the way to it."""

from __future__ import annotations

import asyncio
import json

import pytest
import structlog
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer

from postern_dataplane.sync.connection import Connection
from postern_dataplane.sync.published_objects import PublishedObjects
from postern_kit.snapshot_dir import SnapshotDir

NAMESPACE = "postern-default"
WAITING_S = 10
PLURALS = {"ConfigMap": "configmaps", "Secret": "secrets"}


class FakeApi:
    """As much of an API server as the sidecar asks for; `refusals` holds a status for a plural, or for "watch"."""

    def __init__(self):
        self.objects = {}
        self.refusals = {}
        self.tokens = []
        self.asked = []
        self.version = 1
        self._history = []
        self._watches = []
        self._is_watched = asyncio.Event()
        self._closed = False

    def application(self):
        application = web.Application()
        below = f"/api/v1/namespaces/{NAMESPACE}/{{plural}}"
        application.add_routes([web.get(below, self._list), web.get(f"{below}/{{name}}", self._get)])
        return application

    def put(self, *manifests):
        """Create or replace objects, and tell whoever watches."""
        for manifest in manifests:
            place = (PLURALS[manifest["kind"]], manifest["metadata"]["name"])
            kind = "MODIFIED" if place in self.objects else "ADDED"
            self.objects[place] = manifest
            self._tell(kind, manifest)

    def publish(self, generation):
        """As the operator does: the index last."""
        self.put(*generation.shard_objects, generation.index_object)

    def delete(self, plural, name):
        self._tell("DELETED", self.objects.pop((plural, name)))

    def send(self, line):
        """Send a line to whoever watches."""
        for watch in self._watches:
            watch.put_nowait(line)

    def end_watches(self):
        self.send(None)

    async def watched(self):
        """Wait until somebody watches, who had not been waited for."""
        async with asyncio.timeout(WAITING_S):
            await self._is_watched.wait()
        self._is_watched.clear()

    def close(self):
        self._closed = True
        self.end_watches()

    def _tell(self, kind, manifest):
        self.version += 1
        if manifest["metadata"]["name"] == "postern-index":
            line = json.dumps({"type": kind, "object": self._at_version(manifest)})
            self._history.append((self.version, line))
            self.send(line)

    def _at_version(self, manifest):
        return {**manifest, "metadata": {**manifest["metadata"], "resourceVersion": str(self.version)}}

    async def _list(self, request):
        self.tokens.append(request.headers.get("Authorization"))
        is_watch = request.query.get("watch") == "true"
        name = request.query["fieldSelector"].removeprefix("metadata.name=")
        plural = request.match_info["plural"]
        refused = self.refusals.get("watch" if is_watch else plural)
        if refused:
            return failure(refused)
        if is_watch:
            return await self._stream(request)
        found = [
            self._at_version(one) for (kind, called), one in self.objects.items() if (kind, called) == (plural, name)
        ]
        version = {"resourceVersion": str(self.version)}
        return web.json_response({"apiVersion": "v1", "kind": "ConfigMapList", "metadata": version, "items": found})

    async def _stream(self, request):
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        lines = asyncio.Queue()
        for version, line in self._history:
            if version > int(request.query["resourceVersion"]):
                lines.put_nowait(line)
        self._watches.append(lines)
        self._is_watched.set()
        try:
            while not self._closed and (line := await lines.get()) is not None:
                await response.write(f"{line}\n".encode())
        finally:
            self._watches.remove(lines)
        return response

    async def _get(self, request):
        place = (request.match_info["plural"], request.match_info["name"])
        self.asked.append(place[1])
        refused = self.refusals.get(place[0]) or (404 if place not in self.objects else None)
        return failure(refused) if refused else web.json_response(self.objects[place])


def failure(status):
    """What an API server says then."""
    said = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status, "reason": "No", "message": "no"}
    return web.json_response(said, status=status)


def kubeconfig_text(server, token="token-1"):
    """A kubeconfig with a token."""
    return yaml.safe_dump(
        {
            "current-context": "it",
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
            "clusters": [{"name": "it", "cluster": {"server": server}}],
            "users": [{"name": "it", "user": {"token": token}}],
        }
    )


@pytest.fixture
async def api():
    """An API server without objects."""
    fake = FakeApi()
    async with TestServer(fake.application()) as server:
        fake.url = str(server.make_url("")).rstrip("/")
        yield fake
        fake.close()


@pytest.fixture
def kubeconfig(api, tmp_path):
    """A file that leads there."""
    file = tmp_path / "kubeconfig"
    file.write_text(kubeconfig_text(api.url))
    return file


@pytest.fixture
async def published(kubeconfig):
    """The published objects, read from there."""
    connection = Connection(str(kubeconfig))
    yield PublishedObjects(connection, NAMESPACE)
    await connection.close()


@pytest.fixture
def folder(tmp_path):
    """A folder that is ready to be written."""
    folder = SnapshotDir(tmp_path / "snapshot")
    folder.prepare()
    return folder


@pytest.fixture
def told():
    """What is logged, as events with their fields."""
    with structlog.testing.capture_logs() as events:
        yield events
