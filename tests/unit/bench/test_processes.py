"""Processes are weighed with all their children, also with those that have ended."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from bench import processes
from bench.processes import cpu_s, family, family_cpu_s, on_core, resident_bytes, running, share_cores, wait_for_port

# Burns so much processor time, by its own clock, and tells that it has.
BURN = "import time\nwhile time.process_time() < {s}: pass\nprint('burnt', flush=True)\n"
# Starts another that burns, and lives on, after it has waited for it or beside it.
PARENT = (
    "import subprocess, sys\n"
    "child = subprocess.Popen([sys.executable, '-c', sys.argv[1]], stdout=subprocess.PIPE, text=True)\n"
    "print(child.stdout.readline().strip(), flush=True)\n"
    "{after}\n"
    "print('after', flush=True)\n"
    "sys.stdin.read()\n"
)
LIVES_ON = "import sys\nsys.stdin.read()\n"


class Child:
    """A Python program that waits for its standard input to end, once it has said so many lines."""

    def __init__(self, program, *arguments, lines):
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(lines):
            assert self.process.stdout.readline()

    @property
    def pid(self):
        return self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.communicate(timeout=20)


def test_the_time_of_a_process_is_counted():
    """What it has burnt, to the hundredth of a second and less."""
    with Child(BURN.format(s=0.2) + LIVES_ON, lines=1) as child:
        assert 0.2 <= cpu_s(child.pid) < 0.4
        assert family_cpu_s(child.pid) == pytest.approx(cpu_s(child.pid), abs=0.02)


def test_the_time_of_a_child_that_lives_is_counted():
    """A supervisor's workers are where the work is done."""
    with Child(PARENT.format(after=""), BURN.format(s=0.3) + LIVES_ON, lines=2) as parent:
        assert 2 == len(family(parent.pid))
        assert family_cpu_s(parent.pid) >= 0.3 + cpu_s(parent.pid) - 0.01


def test_the_time_of_a_child_that_has_ended_is_counted():
    """A worker that is started anew takes nothing out of the account."""
    with Child(PARENT.format(after="child.wait()"), BURN.format(s=0.3), lines=2) as parent:
        assert [parent.pid] == family(parent.pid)
        assert family_cpu_s(parent.pid) >= 0.3 - 0.02 + cpu_s(parent.pid)


def test_memory_is_weighed():
    """Some megabytes, as any Python has."""
    with Child("print(1, flush=True)\n" + LIVES_ON, lines=1) as child:
        assert 2**20 < resident_bytes(child.pid) < 2**28


def test_who_ends_at_once_is_quoted(tmp_path):
    """The reason is in the log of what was started."""
    log = tmp_path / "log"
    command = [sys.executable, "-c", "raise SystemExit('no such key')"]
    with running(command, log=log) as process:
        process.wait(20)
        with pytest.raises(ChildProcessError, match="status 1: no such key"):
            wait_for_port(1, process, log)


def test_a_process_of_nobody_has_no_time():
    """There is no zero for what can't be known."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait(20)
    with pytest.raises(ProcessLookupError):
        cpu_s(child.pid)


def test_a_process_is_on_its_core_unless_cores_are_shared(monkeypatch):
    """Once it is said that cores are shared, nothing that starts afterwards is kept to one."""
    monkeypatch.setattr(processes, "_shares_cores", False)
    everywhere = os.sched_getaffinity(0)
    one = min(everywhere)
    with on_core(one):
        assert {one} == os.sched_getaffinity(0)
    share_cores()
    with on_core(one):
        assert everywhere == os.sched_getaffinity(0)
