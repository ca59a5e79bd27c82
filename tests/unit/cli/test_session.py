"""One run, with a data plane that only pretends to serve."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path

import pytest

from manifests import consumer, credential, route, service
from postern_cli import session as module
from postern_cli.session import Session, SessionSettings
from postern_operator.errors import LocalError


class FakeTeller:
    """Puts what it is told into a queue."""

    def __init__(self):
        self.told = asyncio.Queue()
        self.history = []

    def __getattr__(self, name):
        return lambda *what: self._tell(name, *what)

    def _tell(self, *what):
        self.history.append(what)
        self.told.put_nowait(what)

    async def until(self, name):
        while True:
            told = await self.told.get()
            if told[0] == name:
                return told


class FakeDataPlane:
    """Serves what it is told to serve, by default what was published last; ends when it is told to."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.is_serving = True
        self.has_started = asyncio.Event()
        self.has_started.set()
        self._ended = asyncio.get_running_loop().create_future()

    async def started(self):
        await self.has_started.wait()
        return "127.0.0.1:1", "[::1]:2"

    async def ended(self):
        return await self._ended

    def end(self, status):
        self._ended.set_result(status)

    def stop(self):
        self.end(0)


@pytest.fixture
def planes(monkeypatch):
    """The data planes that were started."""
    started = []

    @contextlib.asynccontextmanager
    async def fake_data_plane(arguments, _tell):
        started.append(FakeDataPlane(arguments))
        yield started[-1]

    monkeypatch.setattr(module, "data_plane", fake_data_plane)
    monkeypatch.setattr(module, "ASK_EVERY_S", 0.001)
    monkeypatch.setattr(module, "ASK_LATER_EVERY_S", 0.001)
    monkeypatch.setattr(module, "PATIENCE_S", 0.05)
    return started


@pytest.fixture
def start(planes, monkeypatch, folder):
    """Starts a run on the folder; gives what it tells, its data plane and its future status."""

    @contextlib.asynccontextmanager
    async def start():
        teller = FakeTeller()
        session = Session(SessionSettings((folder.path,), "default", ("--workers=1",)), teller)

        async def served(host, port):
            assert ("::1", 2) == (host, port)
            return session._rebuilt.digest if planes[0].is_serving else None

        monkeypatch.setattr(module, "served_digest", served)
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            run = group.create_task(session.run())
            await teller.until("read")
            while not planes:  # noqa: ASYNC110 # nobody tells
                await asyncio.sleep(0)
            yield teller, planes[0], run

    return start


def reasons_in(shown):
    return {ref.name: conditions[-1].reason for ref, conditions in shown[1].items()}


async def test_what_is_served_is_told_and_shown(start, folder):
    """Where, when, and every object with its conditions."""
    folder.write(service(), route())
    async with start() as (teller, plane, run):
        assert ("serving", "127.0.0.1:1", "[::1]:2") == await teller.until("serving")
        await teller.until("in_force")
        assert {"app": "Ready", "all": "Ready"} == reasons_in(await teller.until("show"))
        plane.end(0)
    assert 0 == await run


async def test_the_data_plane_is_told_its_settings_and_a_private_folder(start):
    """Which is gone at the end."""
    async with start() as (_, plane, _run):
        option, folder, *rest = plane.arguments
        assert ("--config", ["--workers=1"]) == (option, rest)
        assert ["index.json", "shards", 0o700] == contents_of(folder)
        plane.end(0)
    assert [] == contents_of(folder)


def contents_of(folder):
    """The names in a folder and its rights, nothing where there is none."""
    path = Path(folder)
    return [*sorted(entry.name for entry in path.iterdir()), path.stat().st_mode & 0o777] if path.exists() else []


async def test_a_save_comes_into_force(start, folder):
    """And what it changes is shown."""
    folder.write(service(), name="service.yaml")
    async with start() as (teller, plane, _):
        await teller.until("show")
        folder.write(route(), name="route.yaml")
        _, rebuilt, _ = await teller.until("in_force")
        assert ["Route/default/all"] == [entry.id for entry in rebuilt.compiled.snapshot.routes]
        assert {"app": "Ready", "all": "Ready"} == reasons_in(await teller.until("show"))
        plane.end(0)


async def test_nothing_is_published_before_every_file_could_be_read_once(start, folder):
    """Another file's wider route could open what an unreadable one protects."""
    folder.write(service(), route())
    (folder.path / "broken.yaml").write_text("a: [")
    async with start() as (teller, plane, _):
        assert ("waiting", (str(folder.path / "broken.yaml"),)) == await teller.until("waiting")
        assert [0o700] == contents_of(plane.arguments[1])
        (folder.path / "broken.yaml").write_text("")
        await teller.until("in_force")
        (folder.path / "broken.yaml").write_text("a: [")
        folder.write(service(hosts=["a.example.com"]), route(), name="service.yaml")
        plane.end(0)


async def test_what_is_not_served_in_time_is_pending_until_it_is(start, folder):
    """The table says so, and then that it is."""
    folder.write(service())
    async with start() as (teller, plane, _):
        plane.is_serving = False
        assert {"app": "Pending"} == reasons_in(await teller.until("show"))
        plane.is_serving = True
        assert {"app": "Ready"} == reasons_in(await teller.until("show"))
        plane.end(0)


async def test_without_a_data_plane_nothing_is_programmed(start, folder):
    """Until it has started."""
    folder.write(service())
    async with start() as (teller, plane, _):
        plane.has_started.clear()
        assert {"app": "NoDataPlane"} == reasons_in(await teller.until("show"))
        plane.has_started.set()
        assert {"app": "Ready"} == reasons_in(await teller.until("show"))
        plane.end(0)


@pytest.mark.parametrize(("status", "expected"), [(0, 0), (1, 1), (-9, 137)])
async def test_a_data_plane_that_ends_ends_the_run(start, status, expected):
    """With its status, or what a shell says of its signal."""
    async with start() as (teller, plane, run):
        plane.end(status)
    assert expected == await run
    assert ("data_plane_ended", status) == await teller.until("data_plane_ended")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_ends_the_run_well(start, number):
    """The data plane is asked to stop, and the status is 0."""
    async with start() as (teller, _, run):
        await teller.until("serving")
        signal.raise_signal(number)
        await teller.until("stopping")
    assert 0 == await run


async def test_what_goes_wrong_within_comes_out_as_it_is(start, monkeypatch):
    """Such as a reader of the lines that has gone."""

    def is_gone(*_):
        raise BrokenPipeError

    monkeypatch.setattr(FakeTeller, "in_force", is_gone, raising=False)
    with pytest.raises(ExceptionGroup) as caught:
        async with start() as (teller, _, _):
            await teller.until("never")
    assert isinstance(caught.value.exceptions[0], BrokenPipeError)


async def test_a_reading_that_fails_does_not_end_the_run(start, folder, monkeypatch):
    """The next one may succeed."""
    async with start() as (teller, plane, _):
        with monkeypatch.context() as patched:
            patched.setattr(module.FolderSource, "read", lambda _: 1 / 0)
            _, error = await teller.until("reading_failed")
        assert isinstance(error, ZeroDivisionError)
        folder.write(service())
        assert {"app": "Ready"} == reasons_in(await _shown_with(teller, "app"))
        plane.end(0)


async def _shown_with(teller, name):
    while True:
        shown = await teller.until("show")
        if name in reasons_in(shown):
            return shown


async def test_secrets_that_can_not_be_kept_are_told(start, folder):
    """The run goes on without them, and refuses what they would verify."""
    (folder.path / ".postern").touch()
    folder.write(service(), consumer(), credential(keys=[]))
    async with start() as (teller, plane, _):
        shown = reasons_in(await teller.until("show"))
        plane.end(0)
    assert "can't be" in next(told[1] for told in teller.history if told[0] == "secrets_failed")
    assert "SecretNotFound" in shown.values()


async def test_paths_that_are_not_there_are_no_run(planes):
    """Nothing is started for them."""
    with pytest.raises(LocalError):
        await Session(SessionSettings((Path("/nowhere"),), "default", ()), FakeTeller()).run()
    assert [] == planes
