"""Tests use the identity providers that are there: without one they say what they need, and download nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import oidc_provider
from keycloak import distribution
from keycloak.distribution import install, installed, main
from not_installed import NotInstalled

ROOT = Path(__file__).parents[3]


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """`machine(java=..., mvn=...)`: one that has these programs and no Keycloak; what Maven would leave is returned."""
    called = tmp_path / "maven-was-called"

    def have(java="", mvn=False):
        scripts = {
            "java": f"echo 'openjdk version \"{java}\" 2025-04-15' >&2",
            "mvn": f"touch {called}; echo no; exit 1",
        }
        (tmp_path / "bin").mkdir()
        for name in [*(["java"] if java else []), *(["mvn"] if mvn else [])]:
            (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{scripts[name]}\n")
            (tmp_path / "bin" / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH'] if mvn else ''}")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        monkeypatch.delenv("POSTERN_CI", raising=False)
        return called

    return have


@pytest.mark.parametrize("java", ["", "11.0.2", "1.8.0_292"])
def test_a_java_that_is_too_old_is_none(machine, java):
    """The message has what to install."""
    machine(java)
    with pytest.raises(NotInstalled, match="Java 17 or later, for Keycloak: apt install"):
        installed()


def test_without_maven_the_message_says_so(machine):
    """The command alone would not help."""
    machine("17.0.15")
    with pytest.raises(NotInstalled, match=r"install Maven \(apt install .*\), then `make providers-test`"):
        installed()
    with pytest.raises(NotInstalled, match="Maven, which downloads Keycloak: apt install"):
        install(print)


def test_a_download_that_fails_leaves_nothing_behind(machine, capsys):
    """What Maven said is shown, and the next attempt begins anew."""
    called = machine("21", mvn=True)
    assert 0 == main()
    assert called.exists()
    assert "mvn failed: no" in capsys.readouterr().err
    assert [] == list(distribution.cache_root().iterdir())


def test_a_run_of_the_tests_downloads_nothing(machine):
    """Each test that needs Keycloak is skipped with the command that gets it, and Maven is never started."""
    called = machine("17.0.15", mvn=True)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/providers"],
        cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert not called.exists()
    assert 0 == done.returncode, done.stdout
    assert "`make providers-test` (downloads 120 MB, once)" in done.stdout


def test_without_node_the_message_says_so(machine, monkeypatch, tmp_path):
    """The other provider needs no Java, and says what it needs itself."""
    machine("21")
    with pytest.raises(NotInstalled, match=r"Node.js, for oidc-provider: apt install"):
        oidc_provider.installed()
    (tmp_path / "bin/node").write_text("#!/bin/sh\n")
    (tmp_path / "bin/node").chmod(0o755)
    with pytest.raises(NotInstalled, match=r"install npm \(apt install .*\), then `make providers-test`"):
        oidc_provider.installed()
    with pytest.raises(NotInstalled, match=r"Node\.js and npm"):
        oidc_provider.install(print)
