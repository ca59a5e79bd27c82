"""kopf watches our six kinds, and does nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import threading

import kopf
import pytest

from fake_watches import KINDS, FakeWatches, serving_watches
from postern_operator.cluster.metrics import Metrics
from postern_operator.cluster.watch.kopf_watch import KopfThread, handlers, kopf_settings


def registered():
    heard = []
    registry = handlers("/nowhere", lambda type_, manifest: heard.append((type_, manifest)))
    return registry, heard


def test_each_kind_has_one_handler_of_events():
    """Each kind has one event handler, and none that would annotate or finalise an object."""
    registry, _ = registered()
    assert ["consumers", "jwtcredentials", "jwtpolicies", "routes", "services", "tokenissuers"] == sorted(
        handler.selector.any_name for handler in registry._watching.get_all_handlers()
    )
    assert {"postern.dev"} == {handler.selector.group for handler in registry._watching.get_all_handlers()}
    assert [] == [*registry._changing.get_all_handlers(), *registry._spawning.get_all_handlers()]


async def test_an_event_is_handed_on():
    """As it came."""
    registry, heard = registered()
    [handler, *_] = registry._watching.get_all_handlers()
    await handler.fn(event={"type": "ADDED", "object": {"kind": "Route"}}, logger=None)
    assert [("ADDED", {"kind": "Route"})] == heard


def test_kopf_is_quiet():
    """It posts nothing, looks for no peers and no kinds, and every watch ends in time."""
    settings = kopf_settings()
    assert isinstance(settings, kopf.OperatorSettings)
    assert (False, True, True) == (settings.posting.enabled, settings.peering.standalone, settings.scanning.disabled)
    assert settings.watching.server_timeout < settings.watching.client_timeout
    assert None is not settings.watching.connect_timeout
    assert None is settings.process.ultimate_exiting_timeout, "it would kill the whole process"


def test_kopf_stops_when_it_is_told_to():
    """The thread has nothing to begin when it is to stop already."""
    thread = KopfThread("/nowhere", (), lambda *_: None, Metrics())
    thread._stop.set()
    thread._watch(lambda *_: None)


@pytest.fixture
def impatient(monkeypatch):
    """Let kopf give up on an error at once."""

    def settings():
        settings = kopf_settings()
        settings.networking.error_backoffs = ()
        return settings

    monkeypatch.setattr("postern_operator.cluster.watch.kopf_watch.kopf_settings", settings)


@contextlib.asynccontextmanager
async def watching(fake, folder):
    """Gives a queue of what is heard from a kopf that watches a fake API server."""
    heard = asyncio.Queue()
    async with serving_watches(fake, folder) as kubeconfig, asyncio.TaskGroup() as tasks:
        thread = KopfThread(kubeconfig, (), lambda type_, manifest: heard.put_nowait((type_, manifest)), Metrics())
        task = tasks.create_task(thread.run())
        yield heard
        task.cancel()


LEFT_BEHIND = "kopf does not stop, abandoning it"
OTHERS = sorted(set(KINDS) - {"routes"})


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("silent", [[], OTHERS[:1], OTHERS], ids=["none", "one", "all"])
async def test_a_refused_watch_begins_again(tmp_path, caplog, silent):
    """A server that has just started refuses what it grants; also while other watches wait for its answer."""
    fake = FakeWatches()
    fake.refused, fake.silent = {"routes"}, set(silent)
    async with watching(fake, tmp_path) as heard:
        await fake.until(lambda: fake.watches.keys() == KINDS.keys())
        await fake.until(lambda: fake.lists["routes"] > 1)
        fake.refused.clear()
        await fake.tell("routes", "late")
        async with asyncio.timeout(20):
            type_, manifest = await heard.get()
        assert ("ADDED", "late") == (type_, manifest["metadata"]["name"])
    assert LEFT_BEHIND not in caplog.messages


@pytest.mark.parametrize("silent", [[], OTHERS, [*OTHERS, "routes"]], ids=["none", "some", "all"])
async def test_a_stopped_kopf_leaves_no_thread(tmp_path, caplog, silent):
    """Whatever its watches wait for."""
    fake = FakeWatches()
    fake.silent = set(silent)
    async with watching(fake, tmp_path):
        await fake.until(lambda: fake.watches.keys() == KINDS.keys())
    assert "kopf" not in {thread.name for thread in threading.enumerate()}
    assert LEFT_BEHIND not in caplog.messages


async def test_kopf_begins_anew_when_it_is_told_to(tmp_path):
    """It asks for everything again, in the namespaces that it is given then; where there are none it waits."""
    fake = FakeWatches()
    async with serving_watches(fake, tmp_path) as kubeconfig, asyncio.TaskGroup() as tasks:
        thread = KopfThread(kubeconfig, ("a", "b"), lambda *_: None, Metrics())
        task = tasks.create_task(thread.run())
        await fake.until(lambda: fake.lists["routes"] == 2)
        thread.restart(())
        thread.restart(("b",))
        await fake.until(lambda: fake.lists["routes"] == 3)
        task.cancel()


def test_what_never_ends_is_left_behind(monkeypatch, caplog):
    """Its loop is closed, and the next one begins."""
    monkeypatch.setattr("postern_operator.cluster.watch.kopf_watch.END_S", 0.1)
    thread = KopfThread("/nowhere", (), lambda *_: None, Metrics())
    loops = []

    async def goes_on():
        while True:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()

    async def fails():
        raise OSError

    async def spawn_tasks(**_):
        loop = asyncio.get_running_loop()
        loops.append(loop)
        if len(loops) > 1:
            thread._stop.set()
        return [loop.create_task(goes_on()), loop.create_task(fails())]

    monkeypatch.setattr(kopf, "spawn_tasks", spawn_tasks)
    thread._watch(lambda *_: None)
    assert [True, True] == [loop.is_closed() for loop in loops]
    assert LEFT_BEHIND in caplog.messages


async def test_kopf_does_not_ask_for_the_user_s_name(tmp_path, monkeypatch):
    """In a container the user is a number that has none."""

    def nobody():
        raise KeyError("getpwuid(): uid not found: 65532")

    monkeypatch.setattr("getpass.getuser", nobody)
    fake = FakeWatches()
    async with watching(fake, tmp_path):
        await fake.until(lambda: fake.watches.keys() == KINDS.keys())
