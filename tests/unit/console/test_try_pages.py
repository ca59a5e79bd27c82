"""The page "Try it" over a socket, with a gateway that answers what a test says."""

from __future__ import annotations

import contextlib
import html

import pytest

from one_answer import serving
from postern_cli.running_gateways import Announcement

PATH = "/routes/default/all/try"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJrZXkiOiJhbGljZSJ9.c2lnbmF0dXJl"
OK = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n{}"


@contextlib.asynccontextmanager
async def gateway(folder, body="<b>hello</b>", name="default"):
    """A gateway of the folder; yields what it was sent."""
    async with serving(OK.format(len(body), body).encode()) as (url, seen):
        with Announcement(folder.path / ".postern", name) as announcement:
            announcement.say(url.removeprefix("http://"), "127.0.0.1:1")
            yield seen


async def test_a_route_leads_to_its_form(console):
    """The form has the call of the Route, and says where a gateway is to be had."""
    assert f'href="{PATH}"' in (await console.get("/routes/default/all"))[2]
    status, _, text = await console.get(PATH)
    assert (200, True, True) == (status, 'value="app.example.com"' in text, 'href="/gateways"' in text)
    assert 404 == (await console.get("/routes/default/gone/try"))[0]


@pytest.mark.parametrize("fragment", [True, False])
async def test_the_answer_stands_beside_what_explain_says(console, protected, fragment):
    """It is shown as text, and no token is on the page."""
    async with gateway(protected, f"<script>{TOKEN}</script>") as seen:
        status, _, text = await console.post(PATH, fragment, token=TOKEN, headers="X-Mine: s3cret")
    assert (200, True, True) == (status, "200 OK" in text, "bad_signature" in text)
    assert ("&lt;script&gt;&lt;redacted&gt;&lt;/script&gt;" in text, TOKEN in text, "<main" in text) == (
        True,
        False,
        not fragment,
    )
    assert seen == [
        f"GET /v1 HTTP/1.1\r\nHost: app.example.com\r\nAuthorization: Bearer {TOKEN}\r\nX-Mine: s3cret\r\n"
        "Connection: close\r\n\r\n".encode()
    ]


async def test_nothing_is_sent_anywhere_else(console, protected):
    """The host that is typed is a header of the request to the gateway, and no address."""
    async with gateway(protected) as seen, serving(b"") as (elsewhere, others):
        await console.post(PATH, True, host=elsewhere.removeprefix("http://"))
        status, _, text = await console.post(PATH, True, host=f"app.example.com@{elsewhere.removeprefix('http://')}")
    assert ([], 1, 200, True) == (others, len(seen), status, "holds a user or password" in text)
    assert f"Host: {elsewhere.removeprefix('http://')}".encode() in seen[0]


async def test_without_a_gateway_nothing_is_sent(console, protected):
    """One of another name serves other Routes."""
    async with gateway(protected, name="internal") as seen:
        _, _, text = await console.post(PATH, True, token=TOKEN)
    assert ([], True) == (seen, "No gateway named default runs on these folders." in text)


async def test_what_is_no_request_is_said(console, protected):
    """The gateway is not asked."""
    async with gateway(protected) as seen:
        _, _, text = await console.post(PATH, True, headers="nothing")
    assert ([], True) == (seen, "a header is written as" in html.unescape(text))


async def test_a_gateway_that_does_not_answer_is_said(console, protected):
    """Beside it what explain says."""
    with Announcement(protected.path / ".postern", "default") as announcement:
        announcement.say("127.0.0.1:1", "127.0.0.1:1")
        _, _, text = await console.post(PATH, True)
    assert ("can't be reached" in html.unescape(text), "missing_token" in text) == (True, True)


async def test_it_needs_what_every_form_needs(console, protected):
    """A page of another origin can't make the console send anything."""
    async with gateway(protected) as seen:
        headers = {"Origin": "http://evil.example"}
        assert 403 == (await console.ask("POST", PATH, headers=headers, data={"form_token": console.form_token}))[0]
        assert 403 == (await console.ask("POST", PATH, headers={"Origin": console.base}, data={}))[0]
        assert 200 == (await console.get(f"{PATH}?token={TOKEN}"))[0]
    assert [] == seen


async def test_a_token_that_was_made_is_tried_where_it_is_shown(console, protected):
    """Its form is sent to the Route that was chosen, and the command names the gateway that runs."""
    async with gateway(protected):
        _, _, form = await console.get("/jwtcredentials/default/alice/token")
        _, _, text = await console.post("/jwtcredentials/default/alice/token", True, route="all")
    assert ('value="http://127.0.0.1:' in form, f'action="{PATH}"' in text) == (True, True)
