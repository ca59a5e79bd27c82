"""What the machine, or the container, lets this process use: CPUs and open files."""

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
