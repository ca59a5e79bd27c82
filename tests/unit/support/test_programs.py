"""Tests use the programs that are built, and build none themselves: a build takes up to half an hour."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cluster.build import NotBuilt, built, cache_folder, source_of
from cluster.modules import HELM3, NEEDED_BY
from cluster.sources import NoCluster, find_source

ROOT = Path(__file__).parents[3]
EACH = ("tests/cluster/test_harness.py", "tests/gitops/test_flux.py", "tests/chart/test_golden.py")


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with a Go that must not be started, nothing built, and no cluster; gives what Go would leave."""
    started = tmp_path / "started"
    go = tmp_path / "bin" / "go"
    go.parent.mkdir()
    go.write_text(f"#!/bin/sh\ntouch {started}\nexit 1\n")
    go.chmod(0o755)
    for name in ("POSTERN_TEST_KUBECONFIG", "KUBEBUILDER_ASSETS", "POSTERN_CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{go.parent}:/usr/bin:/bin")
    return started


def test_a_missing_program_is_named_with_its_command(machine):
    """The message names the program and the command that builds it."""
    with pytest.raises(NotBuilt, match=r"^helm: `make chart-test`"):
        built(HELM3, ("helm",), "make chart-test")


def test_without_go_the_message_says_so(machine, monkeypatch, tmp_path):
    """The command alone would not help."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotBuilt, match="install Go, then `make chart-test`"):
        built(HELM3, ("helm",), "make chart-test")


def test_the_files_of_a_module_need_go_too(machine, monkeypatch, tmp_path):
    """A chart comes with the module of its program, and Go's own message is passed on where Go can't get it."""
    with pytest.raises(NotBuilt, match=r"the files of example\.com/chart"):
        source_of(HELM3, "example.com/chart")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotBuilt, match=r"Go, for the files of example\.com/chart"):
        source_of(HELM3, "example.com/chart")


def test_a_program_that_is_there_is_used(machine):
    """Nothing is built again."""
    folder = cache_folder(HELM3)
    folder.mkdir(parents=True)
    (folder / "helm").touch()
    assert folder == built(HELM3, ("helm",), "make chart-test")


def test_an_api_server_is_not_built_by_a_test(machine):
    """The message names the command, and the other ways to an API server."""
    with pytest.raises(NoCluster, match=r"make cluster-test.*POSTERN_TEST_KUBECONFIG"):
        find_source()


def test_a_run_of_the_tests_builds_nothing(machine):
    """Each test that needs a program is skipped with its command, and Go is never started."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *EACH],
        cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert not machine.exists()
    assert 0 == done.returncode, done.stdout
    assert [] == [name for name in ("cluster", "gitops", "chart") if f"`make {name}-test`" not in done.stdout]


def test_each_folder_has_a_command():
    """`make <folder>-test` builds what the folder runs; of tests/e2e it is `make e2e`."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    folders = [folder for folder in NEEDED_BY if folder != "e2e"]
    assert [] == [folder for folder in folders if f"\n{folder}-test: " not in makefile]
