"""The gateways of a folder: those that run, and one that is started and ended by the console."""

from __future__ import annotations

import asyncio

import pytest

from postern_cli.running_gateways import Announcement
from postern_cli.session import SessionSettings
from postern_console import local_gateways as module
from postern_console.folder_objects import FolderObjects
from postern_console.gateways import Gateways
from postern_operator.errors import LocalError


class FakeSession:
    """Serves until it is cancelled, or does what a test says."""

    started: list
    does = None

    def __init__(self, settings):
        self._settings = settings
        self.started.append(settings)

    async def run(self, *, hears_signals):
        assert not hears_signals
        if self.does is not None:
            return self.does()
        with Announcement(self._settings.paths[0] / ".postern", self._settings.gateway) as announcement:
            announcement.say("127.0.0.1:1", "127.0.0.1:2")
            return await asyncio.Event().wait()


@pytest.fixture
def sessions(monkeypatch):
    """Makes the sessions fakes, and counts them."""
    monkeypatch.setattr(FakeSession, "started", [], raising=False)
    monkeypatch.setattr(FakeSession, "does", None)
    monkeypatch.setattr(module, "Session", FakeSession)
    return FakeSession


async def started(gateways: Gateways, *names):
    """Start gateways; returns which run then."""
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        running = group.create_task(gateways.run())
        for name in names:
            await gateways.start(name)
        found = [it.gateway for it in await gateways.running()]
        running.cancel()
    return found


async def test_a_gateway_is_started_once_and_ends_with_the_console(sessions, protected):
    """Its ports are free ones of loopback, and upstreams are what `postern run` allows."""
    gateways = FolderObjects((protected.path,)).gateways
    assert [] == list(await gateways.running())
    assert ["default"] == await started(gateways, "default", "default")
    assert [("--listen=127.0.0.1:0", "--admin=127.0.0.1:0", "--allowed-upstreams=loopback,own")] == [
        settings.arguments for settings in sessions.started
    ]
    assert () == await gateways.running()


async def test_a_second_gateway_is_started_beside_the_first(sessions, protected):
    """Services of one folder may be for several gateways, and none waits until another has ended."""
    gateways = FolderObjects((protected.path,)).gateways
    assert ["default", "edge"] == await started(gateways, "default", "edge")


async def test_a_gateway_whose_button_is_pressed_twice_is_started_once(sessions, protected):
    """The second press waits for the first, and nothing is started anew when that has ended."""
    gateways = FolderObjects((protected.path,)).gateways
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        running = group.create_task(gateways.run())
        await asyncio.gather(*(gateways.start("default") for _ in range(3)))
        running.cancel()
    assert 1 == len(sessions.started)


async def test_a_gateway_of_a_run_is_joined_and_not_started(sessions, protected):
    """It is known by the state folder, and goes on when the console ends."""
    with Announcement(protected.path / ".postern", "default") as announcement:
        announcement.say("127.0.0.1:1", "127.0.0.1:2")
        gateways = FolderObjects((protected.path,)).gateways
        assert ["default"] == await started(gateways, "default")
        assert ([], ["default"]) == (sessions.started, [it.gateway for it in await gateways.running()])


def fails():
    raise LocalError("no")


@pytest.mark.parametrize(
    ("does", "mistake"),
    [
        (fails, "can't be started: no"),
        (lambda: 1, "has ended with status 1"),
        (lambda: 1 // 0, "has ended: this should not happen (ZeroDivisionError"),
    ],
)
async def test_why_a_gateway_does_not_run_is_known(sessions, protected, monkeypatch, does, mistake):
    """The console goes on, and it may be started again."""
    gateways = FolderObjects((protected.path,)).gateways
    monkeypatch.setattr(sessions, "does", staticmethod(does))
    assert [] == await started(gateways, "default")
    assert mistake in gateways.mistake
    monkeypatch.setattr(sessions, "does", None)
    assert (["default"], "") == (await started(gateways, "default"), gateways.mistake)


async def test_a_run_with_other_options_is_not_called_older(aiohttp_admin, protected):
    """With other listeners, shares or rules it serves another snapshot of the same objects."""
    gateways = FolderObjects((protected.path,)).gateways
    own = SessionSettings((), "", ()).compiled_with
    other = SessionSettings((), "", (), require_policy=True).compiled_with
    for options, is_known in ((own, True), (other, False), ("", False)):
        with Announcement(protected.path / ".postern", "default") as announcement:
            announcement.say("127.0.0.1:1", aiohttp_admin, options)
            (pod,) = await gateways.pods()
        assert is_known == bool(pod.expected)
