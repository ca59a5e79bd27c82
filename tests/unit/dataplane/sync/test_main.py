"""A whole sidecar, as a process: started, fed, starved and stopped."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import urllib.error
import urllib.request

import pytest

from generations import SECRET, generation_of
from postern_dataplane.sync import __main__ as program

FIRST, SECOND = generation_of("/a"), generation_of("/b")
NAMESPACE = "postern-default"
WAITING_S = 60


class Sidecar:
    """`python -m postern_dataplane.sync` as a process of its own."""

    def __init__(self, process, folder):
        self.folder = folder
        self.process = process

    @property
    def index(self):
        file = self.folder / "index.json"
        return file.read_bytes() if file.exists() else None

    async def until(self, is_so):
        """Wait for something to become so, for as long as a slow machine may take."""
        async with asyncio.timeout(WAITING_S):
            while not is_so():  # noqa: ASYNC110 # a folder doesn't tell
                await asyncio.sleep(0.01)

    async def stop(self):
        """End it as Kubernetes does; gives the exit status and the log."""
        self.process.send_signal(signal.SIGTERM)
        return await self.end()

    async def end(self):
        async with asyncio.timeout(WAITING_S):
            _, err = await self.process.communicate()
        return self.process.returncode, err.decode()


@pytest.fixture
async def sidecar(tmp_path, kubeconfig):
    """Starts sidecars, and ends those that a test leaves."""
    started = []

    async def start(*options, kubeconfig=kubeconfig):
        folder = tmp_path / "snapshot"
        words = ["--config", folder, "--namespace", NAMESPACE, "--kubeconfig", kubeconfig, *options]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "postern_dataplane.sync", *words, stderr=asyncio.subprocess.PIPE
        )
        started.append(Sidecar(process, folder))
        return started[-1]

    yield start
    for one in started:
        if one.process.returncode is None:
            one.process.kill()
            await one.process.communicate()


def events(log):
    return [json.loads(line)["event"] for line in log.splitlines()]


async def test_what_is_published_gets_to_disk(api, sidecar):
    """What was there before, and each change; no key is in the log."""
    api.publish(FIRST)
    one = await sidecar()
    await one.until(lambda: one.index == FIRST.index)
    await api.watched()
    api.publish(SECOND)
    await one.until(lambda: one.index == SECOND.index)
    status, log = await one.stop()
    assert (0, False) == (status, SECRET in log)
    installed = ["generation installed", "generation installed"]
    assert ["sidecar started", *installed, "sidecar stopped"] == events(log)


async def test_a_watch_that_breaks_is_begun_anew(api, sidecar):
    """What happened in between is listed."""
    api.publish(FIRST)
    one = await sidecar()
    await api.watched()
    api.end_watches()
    api.publish(SECOND)
    await one.until(lambda: one.index == SECOND.index)


async def test_it_starts_without_an_api_server(api, sidecar, kubeconfig, tmp_path):
    """It serves what an earlier one has left, and says so; SIGTERM ends it meanwhile."""
    api.publish(FIRST)
    one = await sidecar()
    await one.until(lambda: one.index == FIRST.index)
    one.process.kill()
    await one.end()
    astray = tmp_path / "astray"
    astray.write_text(kubeconfig.read_text().replace(api.url, "http://127.0.0.1:1"))
    later = await sidecar(kubeconfig=astray)
    said = [json.loads(await later.process.stderr.readline()) for _ in range(3)]
    expected = ["generation found on disk", "sidecar started", "index is not followed for now"]
    assert (expected, FIRST.digest) == ([line["event"] for line in said], said[0]["digest"])
    status, log = await later.stop()
    assert (0, ["sidecar stopped"], FIRST.index) == (status, events(log), later.index)


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as answer:
        return answer.code


async def test_readiness_is_a_generation_on_disk(api, sidecar):
    """On the port that the log names."""
    one = await sidecar("--health", "127.0.0.1:0")
    url = f"http://{json.loads(await one.process.stderr.readline())['health']}"
    assert (200, 503) == (await asyncio.to_thread(get, f"{url}/healthz"), await asyncio.to_thread(get, f"{url}/readyz"))
    api.publish(FIRST)
    await one.until(lambda: one.index)
    assert 200 == await asyncio.to_thread(get, f"{url}/readyz")


async def test_a_kubeconfig_that_is_not_there_is_said(sidecar):
    """The process ends with status 1 and one clear line."""
    one = await sidecar(kubeconfig="/nowhere")
    status, log = await one.end()
    assert (1, ["the kubeconfig /nowhere can't be used: No such file or directory"]) == (status, events(log))


def test_what_nobody_expected_is_one_line(monkeypatch, capsys):
    """With status 1, and no traceback."""

    async def fail(_settings):
        raise RuntimeError("secret")

    monkeypatch.setattr(program, "run_sidecar", fail)
    monkeypatch.setattr(program, "configure_logs", lambda: None)
    status = program.main(["--config", "/", "--namespace", "a"])
    assert (1, False) == (status, "secret" in "".join(capsys.readouterr()))
