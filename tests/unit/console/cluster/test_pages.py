"""Pages of a console about a cluster, over a socket: what a user does with a change that is not saved from here."""

from __future__ import annotations

import asyncio
import html
import re
import time

import aiohttp
import pytest
import yaml

import manifests
from postern_console.cluster.cluster_objects import READ_ONLY
from postern_console.server import running

PATH = "/consumers/default/alice/edit"


class Browser:
    """A client whose link was opened."""

    def __init__(self, client, link, access):
        self.client, self.base, self.access = client, link.partition("/start/")[0], access

    async def get(self, path):
        async with self.client.get(self.base + path) as response:
            return response.status, html.unescape(await response.text())

    async def post(self, path, **fields):
        """Send a form as a page of it does; returns the status, the headers and the text."""
        data = {"form_token": self.access.form_token, **fields}
        async with self.client.post(self.base + path, data=data, headers={"Origin": self.base}) as response:
            return response.status, response.headers, html.unescape(await response.text())

    async def opened(self, path):
        """What the form at a path holds unseen."""
        return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', (await self.get(path))[1]))


@pytest.fixture
async def browser(objects):
    """A console about the cluster, and its browser."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with running(objects) as (link, access), aiohttp.ClientSession(cookie_jar=jar) as client, client.get(link):
        yield Browser(client, link, access)


@pytest.mark.parametrize("path", ["/", "/services", "/routes/default/all", "/jwtcredentials/default/alice", "/decode"])
async def test_every_page_is_of_the_cluster(browser, path):
    """Every page of the console shows a cluster as it shows a folder."""
    assert 200 == (await browser.get(path))[0]


async def test_the_overview_says_which_cluster_and_what_was_left_out(browser, cluster):
    """The overview names the cluster, and each kind that could not be read."""
    cluster.refused = {f"/apis/postern.dev/v1alpha1/{where}routes": 403 for where in ("", "namespaces/default/")}
    _, text = await browser.get("/")
    assert (True, True) == ("In <code>http://127.0.0.1:" in text, "Left out: Route of " in text)


async def test_an_object_is_shown_as_a_user_writes_it(browser):
    """The YAML of an object has its spec, and nothing that the API server adds."""
    _, text = await browser.get("/consumers/default/alice")
    assert (True, False) == ("groups:" in text, "uid" in text)


async def test_a_change_is_a_manifest_and_a_command(browser):
    """A change is shown with the manifest and the command, and without a button that saves."""
    hidden = await browser.opened(PATH)
    status, _, text = await browser.post(PATH, action="review", **hidden, groups="writers")
    assert (200, True) == (status, "kubectl --kubeconfig=" in text)
    assert "apply --server-side --filename=consumer-alice.yaml" in text
    assert ("+  groups: [writers]" in text, f"It is not saved from here: {READ_ONLY}." in text) == (True, True)
    assert 'value="save"' not in text


async def test_a_manifest_is_downloaded(browser):
    """The manifest is downloaded under the name that the command has."""
    hidden = await browser.opened(PATH)
    status, headers, text = await browser.post(PATH, action="download", **hidden, groups="writers")
    assert (200, 'attachment; filename="consumer-alice.yaml"') == (status, headers["Content-Disposition"])
    assert (manifests.consumer(groups=["writers"]), "no-store") == (yaml.safe_load(text), headers["Cache-Control"])


async def test_a_console_that_only_reads_refuses_to_save(browser, cluster):
    """A form that asks for a save is refused, and the object in the cluster stays as it is."""
    hidden = await browser.opened(PATH)
    status, _, text = await browser.post(PATH, action="save", **hidden, groups="writers")
    assert (403, True) == (status, "only reads the cluster" in text)
    assert ["readers"] == cluster.objects["/apis/postern.dev/v1alpha1/namespaces/default/consumers/alice"]["spec"][
        "groups"
    ]


async def test_mistakes_stand_at_their_fields(browser):
    """A mistake of a form stands at its field, in the words of the compiler."""
    fields = {"name": "r", "namespace": "default", "serviceRef.name": "app", "methods": "get"}
    status, _, text = await browser.post("/routes/new", action="review", **fields)
    assert (422, True) == (status, 'id="methods-mistake">must be an HTTP method' in text)


async def test_a_token_is_made_and_why_not_is_said(browser, cluster):
    """A token is signed with the Secret in the cluster, or the form says why it can't be read."""
    path = "/jwtcredentials/default/alice/token"
    status, _, text = await browser.post(path, action="make")
    assert (200, True) == (status, 'id="made-token"' in text)
    cluster.refused = {"/api/v1/namespaces/default/secrets": 403}
    status, _, text = await browser.post(path, action="make")
    assert (422, True) == (status, "a token can't be made without Secret default/alice (403" in text)


async def test_a_request_is_explained_with_what_was_left_out(browser, cluster):
    """An explanation that lacks a Secret says which one."""
    _, _, text = await browser.post("/jwtcredentials/default/alice/token", action="make")
    (token,) = re.findall(r'<textarea id="made-token"[^>]*>([^<]+)</textarea>', text)
    asked = {"token": token, "url": "http://app.example.com/v1"}
    assert "The caller is the consumer alice." in (await browser.post("/decode", **asked))[2]
    cluster.refused = {"/api/v1/namespaces/default/secrets": 403}
    assert "Left out: Secret default/alice (403" in (await browser.post("/decode", **asked))[2]


async def test_an_api_server_that_is_gone_is_a_page(browser, cluster):
    """An API server without an answer is an error page, and the next page asks again."""
    cluster.refused = {"/": 401}
    await asyncio.sleep(1.1)
    status, text = await browser.get("/")
    assert (502, True) == (status, "does not know you (401)" in text)
    cluster.refused = {}
    assert 200 == (await browser.get("/"))[0]


async def test_two_thousand_routes_are_listed_in_less_than_a_fifth_of_a_second(browser, cluster):
    """A page waits for a list no longer than it has to, and computes little."""
    cluster.put(*(manifests.route(f"r{number}") for number in range(2_000)))
    await asyncio.sleep(1.1)
    for _ in range(100):
        if "2001 found" in (await browser.get("/routes"))[1]:
            break
        await asyncio.sleep(0.1)
    before = time.process_time()
    status, text = await browser.get("/routes?q=r1999")
    assert (200, True, True) == (status, "1 found" in text, time.process_time() - before < 0.2)
