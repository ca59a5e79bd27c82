"""Tests use the packages of npm that are there; without them they say what they need."""

from __future__ import annotations

import pytest

import axe_core
from not_installed import NotInstalled


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """One that has no program, and an empty cache; its folder of programs."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "bin"


def program(folder, name, script):
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_without_npm_the_message_says_so(machine, capsys):
    """Pages are not checked then, and all else is."""
    with pytest.raises(NotInstalled, match=r"axe-core: install npm \(apt install .*\), then `make browser-test`"):
        axe_core.script()
    assert 0 == axe_core.main()
    assert "are left out, they need Node.js and npm" in capsys.readouterr().err


def test_packages_are_installed_once_and_without_their_scripts(machine):
    """What npm leaves is found by the digest of the lock file."""
    program(machine, "node", "")
    made = "/bin/mkdir -p node_modules/axe-core && echo checks > node_modules/axe-core/axe.min.js"
    program(machine, "npm", f'[ "$*" = "ci --ignore-scripts --no-audit --no-fund" ] && {made}')
    said = []
    axe_core.PACKAGES.install(said.append)
    axe_core.PACKAGES.install(said.append)
    assert (["installing axe-core by npm, once ..."], "checks\n") == (said, axe_core.script())


def test_npm_that_fails_leaves_nothing_behind(machine, tmp_path):
    """What it said is in the message."""
    program(machine, "node", "")
    program(machine, "npm", "echo no; exit 1")
    with pytest.raises(NotInstalled, match="npm failed: no"):
        axe_core.PACKAGES.install(print)
    assert [] == list((tmp_path / "cache/postern-test").iterdir())
