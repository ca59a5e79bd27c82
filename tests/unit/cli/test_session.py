"""One run, with a data plane that only pretends to serve."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import signal
from functools import partial
from pathlib import Path

import pytest

from manifests import route, service
from postern_cli import session as module
from postern_cli.running_gateways import running_gateways
from postern_cli.session import Session, SessionSettings
from postern_core.publication import INDEX_FILE
from postern_operator.errors import LocalError
from postern_operator.local.provider import LocalProvider, Timing


class FakeReporter:
    """Puts what is reported into a queue."""

    def __init__(self):
        self.reported = asyncio.Queue()

    def __getattr__(self, name):
        return lambda *what: self.reported.put_nowait((name, *what))

    async def until(self, name):
        while True:
            reported = await self.reported.get()
            if reported[0] == name:
                return reported


class FakeDataPlane:
    """Serves what was published last; ends when a test ends it."""

    def __init__(self, arguments):
        self.arguments = arguments
        self._ended = asyncio.get_running_loop().create_future()

    async def started(self):
        return "127.0.0.1:1", "[::1]:2", ""

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

    async def served(host, port):
        assert ("::1", 2) == (host, port)
        return published_in(Path(started[0].arguments[1]))

    provider = partial(LocalProvider, served=served, timing=Timing(0.05, 0.001, 0.001))
    monkeypatch.setattr(module, "data_plane", fake_data_plane)
    monkeypatch.setattr(module, "LocalProvider", provider)
    return started


@pytest.fixture
def start(planes, folder):
    """Starts a run on the folder; yields what it reports, its data plane and its future status."""

    @contextlib.asynccontextmanager
    async def start():
        reporter = FakeReporter()
        session = Session(SessionSettings((folder.path,), "default", ("--workers=1",)), reporter)
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            run = group.create_task(session.run())
            await reporter.until("read")
            while not planes:  # noqa: ASYNC110 # nothing signals it
                await asyncio.sleep(0)
            yield reporter, planes[0], run

    return start


def published_in(folder):
    """The digest of a folder's index, None where there is none."""
    index = folder / INDEX_FILE
    return hashlib.sha256(index.read_bytes()).hexdigest() if index.exists() else None


def reasons_in(shown):
    return {ref.name: conditions[-1].reason for ref, conditions in shown[1].items()}


async def test_what_is_served_is_told_and_shown(start, folder):
    """Where, when, and every object with its conditions."""
    folder.write(service(), route())
    async with start() as (reporter, plane, run):
        assert ("serving", "127.0.0.1:1", "[::1]:2", "") == await reporter.until("serving")
        await reporter.until("in_force")
        assert {"app": "Ready", "all": "Ready"} == reasons_in(await reporter.until("show"))
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
    """A saved file takes effect, and what it changes is shown."""
    folder.write(service(), name="service.yaml")
    async with start() as (reporter, plane, _):
        await reporter.until("show")
        folder.write(route(), name="route.yaml")
        _, rebuilt, _ = await reporter.until("in_force")
        assert ["Route/default/all"] == [entry.id for entry in rebuilt.compiled.snapshot.routes]
        assert {"app": "Ready", "all": "Ready"} == reasons_in(await reporter.until("show"))
        plane.end(0)


@pytest.mark.parametrize(("status", "expected"), [(0, 0), (1, 1), (-9, 137)])
async def test_a_data_plane_that_ends_ends_the_run(start, status, expected):
    """With its status, or what a shell says of its signal."""
    async with start() as (reporter, plane, run):
        plane.end(status)
    assert expected == await run
    assert ("data_plane_ended", status) == await reporter.until("data_plane_ended")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_ends_the_run_well(start, number):
    """The data plane is asked to stop, and the status is 0."""
    if number == signal.SIGHUP:  # ignored from the start where the tests run under nohup
        signal.signal(number, signal.SIG_DFL)
    async with start() as (reporter, _, run):
        await reporter.until("serving")
        signal.raise_signal(number)
        await reporter.until("stopping")
    assert 0 == await run


async def test_what_goes_wrong_within_comes_out_as_it_is(start, monkeypatch):
    """Such as a reader of the lines that has gone."""

    def is_gone(*_):
        raise BrokenPipeError

    monkeypatch.setattr(FakeReporter, "in_force", is_gone, raising=False)
    with pytest.raises(ExceptionGroup) as caught:
        async with start() as (reporter, _, _):
            await reporter.until("never")
    assert isinstance(caught.value.exceptions[0], BrokenPipeError)


async def test_paths_that_are_not_there_are_no_run(planes):
    """Nothing is started for them."""
    with pytest.raises(LocalError):
        await Session(SessionSettings((Path("/nowhere"),), "default", ()), FakeReporter()).run()
    assert [] == planes


async def test_where_it_serves_is_known_to_other_commands(start, folder):
    """As long as it does."""
    state = folder.path / ".postern"
    async with start() as (reporter, plane, run):
        await reporter.until("serving")
        assert [("default", "127.0.0.1:1")] == [(it.gateway, it.listen) for it in running_gateways(state)]
        plane.end(0)
    await run
    assert () == running_gateways(state)


async def test_a_run_within_another_program_leaves_its_signals_alone(planes, folder):
    """It ends by being cancelled, and the data plane with it."""
    before = signal.getsignal(signal.SIGTERM)
    async with asyncio.TaskGroup() as group:
        reporter = FakeReporter()
        session = Session(SessionSettings((folder.path,), "default", ()), reporter)
        run = group.create_task(session.run(hears_signals=False))
        await reporter.until("serving")
        assert before is signal.getsignal(signal.SIGTERM)
        run.cancel()
    assert () == running_gateways(folder.path / ".postern")
