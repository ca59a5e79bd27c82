"""The data plane as a child, with programs that only pretend to be one."""

from __future__ import annotations

import asyncio
import json
import signal
import sys

import pytest

from postern_cli import data_plane_process as module
from postern_cli.data_plane_process import data_plane, in_words

STARTED = json.dumps({"event": "data plane started", "level": "info", "listen": "127.0.0.1:1", "admin": "[::1]:2"})


@pytest.fixture
def pretend(monkeypatch):
    """Makes what is started another program."""
    start = asyncio.create_subprocess_exec

    def pretend(program):
        async def start_program(*_command, **options):
            return await start(sys.executable, "-c", program, **options)

        monkeypatch.setattr(module.asyncio, "create_subprocess_exec", start_program)

    return pretend


def says(*lines, then=""):
    return f"import sys\nprint({chr(10).join(lines)!r}, file=sys.stderr, flush=True)\n{then}"


async def test_where_it_listens_comes_from_its_log(pretend):
    """Which also knows the port that was chosen for port 0."""
    pretend(says(STARTED))
    async with asyncio.timeout(10), data_plane([], print) as running, asyncio.TaskGroup() as group:
        group.create_task(running.ended())
        assert ("127.0.0.1:1", "[::1]:2", "") == await running.started()


async def test_warnings_are_told_in_words_and_the_rest_is_not(pretend):
    """What is not a line of a log is told as it is."""
    warning = json.dumps({"event": "worker ended", "level": "error", "slot": 0, "timestamp": "now"})
    info = json.dumps({"event": "snapshot loaded", "level": "info"})
    pretend(says(info, warning, "[1]", "Traceback", then="print('x' * 2**21, file=sys.stderr)"))
    told = []
    async with asyncio.timeout(10), data_plane([], told.append) as running:
        assert 0 == await running.ended()

    assert ["worker ended (slot 0)", "[1]", "Traceback"] == told[:3]
    assert all(len(line) <= module.WORDS_MAX for line in told)


@pytest.mark.parametrize(("then", "status"), [("sys.exit(3)", 3), ("import os; os.abort()", -signal.SIGABRT)])
async def test_its_status_is_given(pretend, then, status):
    """The status of the process is returned, or the signal that ended it."""
    pretend(says(STARTED, then=then))
    async with asyncio.timeout(10), data_plane([], print) as running:
        assert status == await running.ended()
        running.stop()  # which does no harm now


async def test_at_the_end_of_the_context_it_has_ended(pretend):
    """Whatever happened meanwhile."""
    pretend(says(STARTED, then="import time; time.sleep(60)"))
    with pytest.raises(ZeroDivisionError):
        async with asyncio.timeout(10), data_plane([], print) as running:
            raise ZeroDivisionError
    assert -signal.SIGTERM == running._process.returncode


async def test_variables_of_the_data_plane_do_not_reach_a_run(pretend, monkeypatch):
    """A run has checked its settings together, and a variable would add one that it doesn't know of."""
    monkeypatch.setenv("POSTERN_DATAPLANE_REDIRECT_TO_HTTPS", "443")
    monkeypatch.setenv("POSTERN_OTHER", "kept")
    names = "(it for it in os.environ if it.startswith(('POSTERN_DATAPLANE', 'POSTERN_OTHER')))"
    pretend(f"import os, sys; print(*{names}, file=sys.stderr)")
    told = []
    async with asyncio.timeout(10), data_plane([], told.append) as running:
        await running.ended()
    assert ["POSTERN_OTHER"] == told


async def test_who_does_not_stop_is_killed(pretend, monkeypatch):
    """In the end."""
    monkeypatch.setattr(module, "STOP_S", 0.0)
    pretend(says(STARTED, then="import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"))
    async with asyncio.timeout(10), data_plane([], print) as running, asyncio.TaskGroup() as group:
        ended = group.create_task(running.ended())
        await running.started()
        running.stop()
        assert await ended in (-signal.SIGTERM, -signal.SIGKILL)


async def test_the_real_one_says_in_words_what_it_lacks():
    """A folder without a snapshot is no mistake; an address that is none of this machine is one."""
    told = []
    arguments = ["--config", "/nowhere", "--listen", "192.0.2.1:9", "--admin", "127.0.0.1:0"]
    async with asyncio.timeout(30), data_plane(arguments, told.append) as running:
        assert 1 == await running.ended()

    assert ["not an address of this machine: 192.0.2.1:9"] == told


def test_fields_follow_in_brackets():
    """Without those that are empty."""
    assert "snapshot refused (error bad)" == in_words({"event": "snapshot refused", "error": "bad", "serving": None})
