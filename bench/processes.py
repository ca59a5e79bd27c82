"""The processes that a measurement needs: started, waited for, weighed and ended."""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

START_TIMEOUT_S = 60.0
_CORES = sorted(os.sched_getaffinity(0))
# The gateway has a core of its own; the application and the load share another.
GATEWAY_CPU, OTHERS_CPU = _CORES[0], _CORES[-1]
_shares_cores = False

_LIBC = ctypes.CDLL(None, use_errno=True)


@contextlib.contextmanager
def running(
    command: Sequence[str | Path], *, cpu: int | None = None, log: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command beside, on one core where that is named, and end it; its output goes to a file."""
    with contextlib.ExitStack() as stack:
        out = stack.enter_context(log.open("wb")) if log else subprocess.DEVNULL
        with on_core(cpu):
            process = stack.enter_context(subprocess.Popen(command, stdout=out, stderr=out))
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def share_cores() -> None:
    """Let everything run on every core from now on."""
    global _shares_cores  # noqa: PLW0603 # said once, before anything is started
    _shares_cores = True


@contextlib.contextmanager
def on_core(cpu: int | None) -> Iterator[None]:
    """Let what is started meanwhile run on this core only; None, or cores that are shared: anywhere."""
    before = os.sched_getaffinity(0)
    if cpu is not None and not _shares_cores:
        os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def wait_for(url: str, is_so: Callable[[str], object], timeout_s: float = START_TIMEOUT_S) -> str:
    """Ask until the answer is as it must be, and give it."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 # our own
            body = answer.read().decode()
            if is_so(body):
                return str(body)
        time.sleep(0.05)
    raise TimeoutError(f"{url} never answered as it must")


def wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path, timeout_s: float = START_TIMEOUT_S) -> None:
    """Wait until somebody listens there; when the process has ended before, raises with the last words of its log."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            said = log.read_text(encoding="utf-8", errors="replace").strip()
            raise ChildProcessError(f"ended with status {process.returncode}: {said[-300:]}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nobody listens on port {port} after {timeout_s:.0f} s")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def family(pid: int) -> list[int]:
    """A process and all that descend from it and live."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                children.setdefault(int(_stat(int(entry.name))[1]), []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += children.get(one, ())
    return found


def family_cpu_s(pid: int) -> float:
    """The processor time of a process and its children so far, also of those that have ended and were waited for."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0.0
    for one in family(pid):
        with contextlib.suppress(OSError):
            fields = _stat(one)
            total += cpu_s(one) + (int(fields[13]) + int(fields[14])) / ticks
    return total


def cpu_s(pid: int) -> float:
    """The processor time of one process so far, user and system, of all its threads; to the nanosecond."""
    clock = ctypes.c_int()
    if error := _LIBC.clock_getcpuclockid(pid, ctypes.byref(clock)):
        raise ProcessLookupError(error, os.strerror(error))
    return time.clock_gettime(clock.value)


def resident_bytes(pid: int) -> int:
    """The memory of a process that is in RAM."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def _stat(pid: int) -> list[str]:
    """The fields of proc_pid_stat(5) from the third on, which is the state: a name may hold anything but `)`."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
