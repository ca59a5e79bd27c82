"""What the machine, or the container, lets this process use: CPUs, memory and open files."""

from __future__ import annotations

import math
import os
import resource
from pathlib import Path

# A connection through the gateway is two open files: the client's and the upstream's.
FILES_PER_CONNECTION = 2
# Libraries, logs, watches and idle upstream connections.
FILES_ASIDE = 256


def usable_cpus(root: Path = Path("/")) -> int:
    """How many CPUs can be kept busy: the affinity mask's, or fewer where the cgroup has a quota.

    A quota of one and a half CPUs counts as two, because a single process can't use it up.
    """
    allowed = len(os.sched_getaffinity(0))
    quotas = [quota for quota in (_cpu_quota(path) for path in _cgroups(root)) if quota is not None]
    return max(1, min([allowed, *(math.ceil(quota) for quota in quotas)]))


# What a worker takes before its first client: its code, its share of the supervisor, what it remembers of tokens and
# heads.
WORKER_BYTES = 128 * 2**20
# Some clients must be served, however little memory there is.
CONNECTIONS_BYTES_MIN = 16 * 2**20


def memory_for_connections(workers: int, root: Path = Path("/")) -> int:
    """How many bytes one worker may hold for its connections: half of what is left to it beside itself.

    The other half is for the snapshot, of which there are two while one replaces the other.
    """
    return max(CONNECTIONS_BYTES_MIN, (usable_memory(root) // workers - WORKER_BYTES) // 2)


def usable_memory(root: Path = Path("/")) -> int:
    """How many bytes may be used: the machine's, or fewer where a cgroup of either version has a limit."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    # Version 1 shows a container its own cgroup at the root of the hierarchy, whatever /proc/self/cgroup says.
    files = [*(cgroup / "memory.max" for cgroup in _cgroups(root)), root / "sys/fs/cgroup/memory/memory.limit_in_bytes"]
    return min([physical, *(limit for limit in map(_memory_limit, files) if limit is not None)])


def _memory_limit(file: Path) -> int | None:
    """The bytes that a file grants, None for no limit."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        # No such file, or the limit is the word "max".
        return None


def _cgroups(root: Path) -> list[Path]:
    """The directories of this process's cgroup (version 2) and of those around it."""
    mount = root / "sys/fs/cgroup"
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return [mount]
    own = next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), "")
    inner = mount / own
    return [inner, *(parent for parent in inner.parents if parent.is_relative_to(mount))]


def _cpu_quota(cgroup: Path) -> float | None:
    """The CPUs that `cpu.max` grants, None for no limit."""
    try:
        quota, period = (cgroup / "cpu.max").read_text().split()
        return int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        # No such file, or the quota is the word "max".
        return None


def allow_connections(wanted: int) -> int:
    """Raise the limit of open files as far as it takes, and give the connections that it is good for.

    Processes that are started afterwards inherit the limit.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted * FILES_PER_CONNECTION + FILES_ASIDE
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    granted = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, granted), hard))
    return max(1, min(wanted, (granted - FILES_ASIDE) // FILES_PER_CONNECTION))
