"""Local mode, from files to what a pretended data plane serves."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
import yaml

from fake_provider import JWKS, fake_provider, jwk, signing_key
from manifests import consumer, credential, route, service, token_issuer
from postern_operator.errors import LocalError
from postern_operator.local.folder_source import FolderSource
from postern_operator.local.provider import LocalProvider, LocalSettings, Timing


class FakeReporter:
    """Keeps what is reported, and lets a test wait for it."""

    def __init__(self):
        self.reported = asyncio.Queue()
        self.history = []

    def __getattr__(self, name):
        return lambda *what: self._report(name, *what)

    def _report(self, *what):
        self.history.append(what)
        self.reported.put_nowait(what)

    async def until(self, name):
        while True:
            reported = await self.reported.get()
            if reported[0] == name:
                return reported


class Run:
    """A provider that runs; its data plane serves each rebuild at once while `is_serving`."""

    def __init__(self, tmp_path):
        self.manifests = tmp_path / "manifests"
        self.manifests.mkdir()
        self.snapshot = tmp_path / "snapshot"
        self.reporter = FakeReporter()
        self.is_serving = True
        self.has_started = asyncio.Event()
        self.has_started.set()

    def write(self, *documents, name="all.yaml"):
        (self.manifests / name).write_text("---\n".join(map(yaml.safe_dump, documents)))

    @contextlib.asynccontextmanager
    async def running(self):
        timing = Timing(0.05, 0.001, 0.001)
        provider = LocalProvider(
            LocalSettings((self.manifests,)), self.snapshot, self.reporter, served=self._served, timing=timing
        )
        await provider.begin()
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            task = group.create_task(provider.run(self._started))
            self._provider = provider
            yield self.reporter
            task.cancel()

    async def _started(self):
        await self.has_started.wait()
        return "127.0.0.1", 1

    async def _served(self, _host, _port):
        return self._provider._rebuilt.digest if self.is_serving else None


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path)


def reasons_in(shown):
    return {ref.name: conditions[-1].reason for ref, conditions in shown[1].items()}


async def test_nothing_is_published_before_every_file_could_be_read_once(run):
    """Another file's wider route could open what an unreadable one protects, so nothing is published until then."""
    run.write(service(), route())
    broken = run.manifests / "broken.yaml"
    broken.write_text("a: [")
    async with run.running() as reporter:
        assert ("waiting", (str(broken),)) == await reporter.until("waiting")
        assert not run.snapshot.exists()
        broken.write_text("")
        await reporter.until("in_force")
        assert run.snapshot.exists()


async def test_what_is_not_served_in_time_is_pending_until_it_is(run):
    """A late data plane leaves objects pending; once it serves them, they are ready."""
    run.write(service())
    run.is_serving = False
    async with run.running() as reporter:
        assert {"app": "Pending"} == reasons_in(await reporter.until("show"))
        run.is_serving = True
        assert {"app": "Ready"} == reasons_in(await reporter.until("show"))


async def test_without_a_data_plane_nothing_is_programmed(run):
    """Objects have no data plane until one has started."""
    run.write(service())
    run.has_started.clear()
    async with run.running() as reporter:
        assert {"app": "NoDataPlane"} == reasons_in(await reporter.until("show"))
        run.has_started.set()
        assert {"app": "Ready"} == reasons_in(await reporter.until("show"))


async def test_a_reading_that_fails_does_not_end_the_run(run, monkeypatch):
    """After an unexpected error the next save is read as ever."""
    async with run.running() as reporter:
        with monkeypatch.context() as patched:
            patched.setattr(FolderSource, "read", lambda _: 1 / 0)
            _, error = await reporter.until("reading_failed")
        assert isinstance(error, ZeroDivisionError)
        run.write(service())
        while "app" not in (reasons := reasons_in(await reporter.until("show"))):
            pass
        assert {"app": "Ready"} == reasons


async def test_secrets_that_can_not_be_kept_are_reported(run):
    """The run goes on without them, and refuses what they would verify."""
    (run.manifests / ".postern").touch()
    run.write(service(), consumer(), credential(keys=[]))
    async with run.running() as reporter:
        assert "SecretNotFound" in reasons_in(await reporter.until("show")).values()
    assert "can't be" in next(told[1] for told in reporter.history if told[0] == "secrets_failed")


async def test_paths_that_are_not_there_are_refused(tmp_path):
    """A provider begins with paths that exist, or not at all."""
    with pytest.raises(LocalError):
        await LocalProvider(LocalSettings((tmp_path / "nowhere",)), tmp_path, FakeReporter()).begin()


async def test_the_first_snapshot_has_the_keys_that_can_be_fetched(run):
    """A token that is sent as soon as a run has started is not refused; later keys come by themselves."""
    policy = {"jwt": {"tokenIssuers": [{"name": "idp"}]}}
    async with fake_provider() as provider:
        issuer = token_issuer(keys={"url": provider.origin + JWKS}, fetch={"insecure": True})
        run.write(service(auth=policy), route(), issuer)
        provider.publish(jwk(signing_key(), "one"))
        async with run.running() as reporter:
            _, first, _ = await reporter.until("in_force")
            assert ["one"] == [key.id for it in first.compiled.snapshot.issuers for key in it.keys]
        assert 1 == provider.asked[JWKS]
