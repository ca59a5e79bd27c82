"""What a container may use, from files as the kernel writes them."""

from __future__ import annotations

import os
import resource

import pytest

from postern_dataplane.capacity import allow_connections, usable_cpus

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
