"""The live pages over a socket, and their streams."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from one_answer import serving
from postern_cli.running_gateways import Announcement
from postern_console import live_pages as module
from postern_console.local_gateways import LocalGateways

NOTHING = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\n{}"


@contextlib.asynccontextmanager
async def gateway(folder, name="default"):
    """A gateway whose admin port answers nothing of use."""
    async with serving(NOTHING) as (url, _):
        with Announcement(folder.path / ".postern", name) as announcement:
            announcement.say("127.0.0.1:1234", url.removeprefix("http://"))
            yield


async def test_a_gateway_that_runs_is_shown_and_another_can_be_started(console, protected):
    """By a form, as nothing is done by a link."""
    assert "Start default here" in (await console.get("/gateways"))[2]
    await asyncio.sleep(1.1)  # What is younger is as good as new.
    async with gateway(protected):
        _, _, text = await console.get("/gateways")
    assert (True, False) == ("http://127.0.0.1:1234" in text, "Start default here" in text)


async def test_a_gateway_is_started_by_its_name(console, monkeypatch):
    """A name that no Service has is none."""
    started = []

    async def start(_, gateway):
        started.append(gateway)

    monkeypatch.setattr(LocalGateways, "start", start)
    status, headers, _ = await console.post("/gateways", gateway="default")
    assert (303, "/gateways") == (status, headers["Location"])
    assert 404 == (await console.post("/gateways", gateway="other"))[0]
    monkeypatch.setattr(LocalGateways, "can_start", False)
    assert (404, False) == (
        (await console.post("/gateways", gateway="default"))[0],
        "Start " in (await console.get("/gateways"))[2],
    )
    assert ["default"] == started


@pytest.mark.parametrize("path", ["/denials", "/about"])
async def test_a_page_is_there_without_a_gateway(console, path):
    """It says so."""
    status, _, text = await console.get(path)
    assert (200, 1) == (status, text.count("<h1"))


@pytest.mark.parametrize("part", ["gateways", "denials"])
async def test_a_stream_sends_its_part_of_the_page_again_and_again(console, protected, monkeypatch, part):
    """It is an event stream with the headers of every response."""
    monkeypatch.setattr(LocalGateways, "every_s", 0.01)
    async with gateway(protected), console.client.get(f"{console.base}/events/{part}") as response:
        assert ("text/event-stream", "no-store") == (response.content_type, response.headers["Cache-Control"])
        events = [await response.content.readuntil(b"\n\n") for _ in range(2)]
    assert [True, True] == [event.startswith(b"data: ") and b"<" in event for event in events]


async def test_streams_are_bounded_and_end_with_their_pages(console, protected, monkeypatch):
    """One that is closed makes room for another."""
    monkeypatch.setattr(LocalGateways, "every_s", 0.01)
    monkeypatch.setattr(module, "STREAMS_MAX", 1)
    path = f"{console.base}/events/denials"
    async with console.client.get(path) as first, console.client.get(path) as second:
        assert (200, 503) == (first.status, second.status)
        first.close()
    async with asyncio.timeout(10):
        while (await status_of(console, path)) != 200:  # noqa: ASYNC110 # nothing signals it
            await asyncio.sleep(0.01)


async def status_of(console, path):
    async with console.client.get(path) as response:
        response.close()
        return response.status


async def test_a_stream_needs_the_session_and_does_not_make_it_longer(closed):
    """An open page that is forgotten does not keep a console alive."""
    assert 403 == (await closed.get("/events/gateways"))[0]
    async with closed.client.get(closed.link):
        pass
    async with closed.client.get(f"{closed.base}/events/gateways") as response:
        await response.content.readuntil(b"\n\n")
        before = closed.access.ends_in_s()
        await response.content.readuntil(b"\n\n")
        assert closed.access.ends_in_s() < before
