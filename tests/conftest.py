"""What all tests share: they say loudly what was left out, and in CI nothing may be."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections import Counter
from importlib.util import find_spec

import pytest
from hypothesis import settings

# How long an example takes says more about the machine than about the code.
settings.register_profile("postern", deadline=None)
settings.load_profile("postern")

# Tests start hundreds of our processes, each of which would compile all it imports where the environment has this.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

IN_CI = bool(os.environ.get("POSTERN_CI"))
BEGAN = time.monotonic()


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Nearly all of what is made while collecting stays: no garbage is looked for among ever more objects."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """Half as many again as there are cores, because the tests wait for a third of their time; in CI, as many."""
    cores = os.cpu_count() or 1
    return None if IN_CI or os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS") else cores + (cores + 1) // 2


@pytest.fixture(scope="session")
def say(pytestconfig):
    """Tell whoever waits what takes so long, and the seconds so far; also from a worker and while all is captured."""
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")

    def say(line):
        with capture.global_and_fixture_disabled():
            sys.stderr.write(f"\n  {time.monotonic() - BEGAN:4.0f} s  {line}")

    return say


def pytest_terminal_summary(terminalreporter):
    """Name what was skipped and what it would need."""
    left_out = Counter(reason_of(report) for report in terminalreporter.stats.get("skipped", ()))
    if "tests" in terminalreporter.config.args:
        if not os.environ.get("POSTERN_E2E"):
            terminalreporter.write_line("tests/e2e is not part of this run: `make e2e` (needs root and Go, or kind)")
        if find_spec("postern_speedups") is None:
            terminalreporter.write_line("compiled code is not part of this run: `make speedups-test` (needs gcc)")
    if not left_out:
        return
    terminalreporter.section("LEFT OUT" + (", which fails in CI" if IN_CI else ""), sep="!", red=True)
    for reason, count in sorted(left_out.items()):
        terminalreporter.write_line(f"{count} x {reason}", yellow=True)


def reason_of(report):
    _, _, reason = report.longrepr if isinstance(report.longrepr, tuple) else ("", 0, str(report.longrepr))
    return reason.removeprefix("Skipped: ")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    """Fail a run in CI that skipped anything."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if IN_CI and exitstatus == pytest.ExitCode.OK and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
