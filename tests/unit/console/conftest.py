"""What tests of the console share: folders of manifests, a console that runs, and a browser without a screen."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import yaml
from aiohttp import web

import manifests
from postern_cli.load_folders import problems_of
from postern_console.access import Access
from postern_console.folder_objects import FolderObjects
from postern_console.server import running
from postern_console.state import state_of
from postern_operator.local.folder_source import FolderSource


@dataclass
class Folder:
    """A folder with manifests."""

    path: Path

    def write(self, *documents, name="all.yaml"):
        """Write a file of documents; a text is written as it is."""
        file = self.path / name
        texts = [one if isinstance(one, str) else yaml.safe_dump(one, sort_keys=False) for one in documents]
        file.write_text("---\n".join(texts))
        return file

    def state(self):
        """What a console knows of it."""
        reading = FolderSource([self.path]).read()
        return state_of(reading, problems_of(reading.objects), (self.path,))


@pytest.fixture
def folder(tmp_path):
    """An empty folder."""
    path = tmp_path / "manifests"
    path.mkdir()
    return Folder(path)


@pytest.fixture
def protected(folder):
    """A folder with one protected application, and alice who may call it."""
    folder.write(
        manifests.service(auth={"jwt": {}}),
        manifests.route(paths=[{"type": "Prefix", "value": "/v1"}]),
        manifests.consumer(groups=["readers"]),
        manifests.credential(),
        manifests.secret(),
    )
    return folder


def pairs(fields):
    """The fields of a form, one that is a list as often as it has elements."""
    return [(name, one) for name, it in fields.items() for one in (it if isinstance(it, list) else [it])]


@dataclass
class Console:
    """A console that runs, and the client that is its browser; `link` is the start link."""

    link: str
    base: str
    client: aiohttp.ClientSession
    access: Access

    @property
    def form_token(self):
        """What every form of its pages holds."""
        return self.access.form_token

    async def post(self, path, fragment=False, **fields):
        """Send a form as a page of it does."""
        headers = {"Origin": self.base, "Sec-Fetch-Site": "same-origin"}
        headers |= {"X-Postern-Fragment": "1"} if fragment else {}
        return await self.ask("POST", path, headers=headers, data=[("form_token", self.form_token), *pairs(fields)])

    async def get(self, path, **options):
        """Ask for a page; returns the status, the headers and the text."""
        return await self.ask("GET", path, **options)

    async def ask(self, method, path, **options):
        async with self.client.request(method, self.base + path, allow_redirects=False, **options) as response:
            return response.status, response.headers, await response.text()


@contextlib.asynccontextmanager
async def console_of(path, **options):
    """A console about a folder, whose link was not opened."""
    async with running(FolderObjects((path,)), **options) as (link, access):
        jar = aiohttp.CookieJar(unsafe=True)  # Which keeps cookies of addresses.
        async with aiohttp.ClientSession(cookie_jar=jar) as client:
            yield Console(link, link.partition("/start/")[0], client, access)


@pytest.fixture
async def closed(protected):
    """A console whose link was not opened yet."""
    async with console_of(protected.path) as console:
        yield console


@pytest.fixture
async def console(closed):
    """A console whose link was opened by its client."""
    async with closed.client.get(closed.link) as response:
        assert response.status == 200
    return closed


@pytest.fixture
async def aiohttp_admin():
    """Where an admin port is that answers as a data plane does."""

    async def config(_):
        return web.json_response({"digest": "d", "workers": []})

    async def metrics(_):
        return web.Response(text='postern_denials_total{reason="x"} 2.0\n')

    application = web.Application()
    application.add_routes([web.get("/config", config), web.get("/metrics", metrics)])
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()
