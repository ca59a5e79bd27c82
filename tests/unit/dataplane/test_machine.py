"""What a container may use, from files as the kernel writes them."""

from __future__ import annotations

import os
import resource

import pytest

from postern_dataplane.machine import (
    CONNECTIONS_BYTES_MIN,
    allow_connections,
    memory_for_connections,
    usable_cpus,
    usable_memory,
)

ALLOWED = len(os.sched_getaffinity(0))


@pytest.fixture
def root(tmp_path):
    """The root of a machine whose processes are in the cgroup /pods/one."""
    (tmp_path / "sys/fs/cgroup/pods/one").mkdir(parents=True)
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("0::/pods/one\n")
    return tmp_path


def test_without_a_quota_the_affinity_counts(root):
    """`max` is no limit, and a machine without cgroups has none."""
    (root / "sys/fs/cgroup/pods/one/cpu.max").write_text("max 100000\n")
    assert [ALLOWED, ALLOWED] == [usable_cpus(root), usable_cpus(root / "nowhere")]


@pytest.mark.parametrize(("quota", "cpus"), [("50000", 1), ("100000", 1), ("110000", 2)])
def test_a_quota_is_rounded_up(root, monkeypatch, quota, cpus):
    """Half a CPU is one worker; a little more than one is two."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    (root / "sys/fs/cgroup/pods/one/cpu.max").write_text(f"{quota} 100000\n")
    assert cpus == usable_cpus(root)


def test_the_tightest_cgroup_counts(root, monkeypatch):
    """A pod's limit may be on the cgroup around the container's."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    (root / "sys/fs/cgroup/pods/one/cpu.max").write_text("400000 100000\n")
    (root / "sys/fs/cgroup/pods/cpu.max").write_text("200000 100000\n")
    assert 2 == usable_cpus(root)


PHYSICAL = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
MIB = 2**20


def test_without_a_limit_the_machine_s_memory_counts(root):
    """`max` is none, and neither is more than there is."""
    (root / "sys/fs/cgroup/pods/one/memory.max").write_text("max\n")
    (root / "sys/fs/cgroup/pods/memory.max").write_text(f"{2**62}\n")
    assert [PHYSICAL, PHYSICAL] == [usable_memory(root), usable_memory(root / "nowhere")]


def test_the_tightest_limit_of_memory_counts(root):
    """Of the container's cgroup and those around it."""
    (root / "sys/fs/cgroup/pods/one/memory.max").write_text(f"{200 * MIB}\n")
    (root / "sys/fs/cgroup/pods/memory.max").write_text(f"{100 * MIB}\n")
    assert 100 * MIB == usable_memory(root)


def test_a_limit_of_a_cgroup_of_version_1_counts(root):
    """Its file has another name."""
    (root / "sys/fs/cgroup/memory").mkdir()
    (root / "sys/fs/cgroup/memory/memory.limit_in_bytes").write_text(f"{100 * MIB}\n")
    assert 100 * MIB == usable_memory(root)


@pytest.mark.parametrize(("limit", "workers", "each"), [(768, 2, 128), (1536, 4, 128), (1024, 1, 448)])
def test_connections_have_half_of_what_a_worker_has_left(root, limit, workers, each):
    """The first is the chart's."""
    (root / "sys/fs/cgroup/memory.max").write_text(f"{limit * MIB}\n")
    assert each * MIB == memory_for_connections(workers, root)


def test_connections_always_have_some_memory(root):
    """However little there is, some clients are served."""
    (root / "sys/fs/cgroup/memory.max").write_text(f"{64 * MIB}\n")
    assert CONNECTIONS_BYTES_MIN == memory_for_connections(2, root)


def limits(monkeypatch, soft, hard):
    """Pretend these limits of open files; gives what was set."""
    made = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, both: made.append(both))
    return made


def test_enough_open_files_are_left_as_they_are(monkeypatch):
    """Nothing is changed that needs no change."""
    made = limits(monkeypatch, 100_000, 100_000)
    assert (1000, []) == (allow_connections(1000), made)


def test_the_limit_of_open_files_is_raised(monkeypatch):
    """Up to what is needed, not as far as it goes."""
    made = limits(monkeypatch, 1024, resource.RLIM_INFINITY)
    assert (1000, [(2256, resource.RLIM_INFINITY)]) == (allow_connections(1000), made)


def test_fewer_connections_where_the_limit_is_hard(monkeypatch):
    """A connection that is accepted can be served."""
    made = limits(monkeypatch, 1024, 1256)
    assert (500, [(1256, 1256)]) == (allow_connections(1000), made)
