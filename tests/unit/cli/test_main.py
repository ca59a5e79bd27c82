"""The entry point: help, version, and mistakes told in words."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import click
import pytest

from postern_cli import main as module
from postern_cli.errors import ClusterReadingError
from postern_cli.main import COMMANDS, cli, kubectl_main, main
from postern_operator.errors import LocalError

ROOT = Path(__file__).parents[3]
ENTRY = "from postern_cli.main import main; main()"


def run_main(monkeypatch, *args, entry=main):
    """The exit status of the process that this would be."""
    monkeypatch.setattr(sys, "argv", ["postern", *map(str, args)])
    with pytest.raises(SystemExit) as ended:
        entry()
    return ended.value.code


def test_nothing_asked_for_gives_the_help(postern):
    """A bare `postern` says what there is."""
    assert "postern validate manifests" in postern().output


def test_every_command_is_listed(postern):
    """The help names each command."""
    assert [] == [name for name in COMMANDS if f"\n  {name} " not in postern("--help").output]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_a_help_text(postern, name):
    """Each command explains itself."""
    result = postern(name, "--help")
    assert (0, True) == (result.exit_code, f"Usage: postern {name}" in result.output)


def test_the_version_is_that_of_the_distribution(postern):
    """`--version` says what is installed."""
    assert f"postern {version('postern-gateway')}\n" == postern("--version").output


def test_an_unknown_command_is_a_mistake_of_usage(monkeypatch, capsys):
    """The status is 2, and there is no traceback."""
    assert run_main(monkeypatch, "serve") == 2
    assert "No such command 'serve'" in capsys.readouterr().err


def test_an_option_comes_from_the_environment(postern, protected):
    """`POSTERN_VALIDATE_OUTPUT` stands for `postern validate --output`."""
    assert postern("validate", protected.path, env={"POSTERN_VALIDATE_OUTPUT": "json"}).output.startswith("{")


def replace_validate(monkeypatch, error):
    def fail(**_):
        raise error

    monkeypatch.setattr(importlib.import_module("postern_cli.validate").validate, "callback", fail)


def test_an_interruption_ends_with_130(monkeypatch, tmp_path):
    """Ctrl-C is what a shell takes it for."""
    replace_validate(monkeypatch, KeyboardInterrupt())
    assert run_main(monkeypatch, "validate", tmp_path) == 130


def test_an_error_of_a_shell_is_told_in_words(monkeypatch, tmp_path, capsys):
    """The message of our own exceptions is for people."""
    replace_validate(monkeypatch, LocalError("the folder has gone"))
    assert run_main(monkeypatch, "validate", tmp_path) == 1
    assert capsys.readouterr().err == "Error: the folder has gone\n"


def test_an_unexpected_exception_is_described_without_its_text(monkeypatch, tmp_path, capsys):
    """Its text may quote a secret, so its type and place are told."""
    replace_validate(monkeypatch, ValueError("s3cret"))
    assert run_main(monkeypatch, "validate", tmp_path) == 1
    told = capsys.readouterr().err
    assert "ValueError at " in told
    assert "s3cret" not in told


def test_a_command_without_its_packages_says_what_to_install(monkeypatch, postern):
    """An installation without an extra has the other commands, and says which one is missing."""

    def missing(_):
        raise ModuleNotFoundError("No module named 'jwt'", name="jwt")

    monkeypatch.setattr(module.importlib, "import_module", missing)
    result = postern("token", "--ttl", "24h", "folder")
    assert result.exit_code == 1
    assert "needs jwt, which is missing: pip install 'postern-gateway[operator,dataplane]'" in result.output


def test_a_missing_module_of_our_own_is_not_taken_for_an_extra(monkeypatch):
    """A broken installation is not told as an incomplete one."""

    def missing(_):
        raise ModuleNotFoundError("No module named 'postern_core'", name="postern_core")

    monkeypatch.setattr(module.importlib, "import_module", missing)
    with pytest.raises(ModuleNotFoundError):
        cli.commands["token"]


def test_commands_can_be_counted():
    """The mapping of commands knows them all."""
    assert len(COMMANDS) == len(cli.commands)


@pytest.mark.parametrize(("no_color", "colour"), [("1", False), ("", None)])
def test_no_color_is_obeyed(no_color, colour):
    """Colours are for terminals, and not where NO_COLOR says so."""
    seen = []
    with click.Context(cli) as context:
        context.invoked_subcommand = "validate"
        os.environ["NO_COLOR"] = no_color
        try:
            context.invoke(cli.callback)
        finally:
            del os.environ["NO_COLOR"]
        seen.append(context.color)
    assert [colour] == seen


def test_a_reader_that_has_gone_is_no_error():
    """`postern ... | head` ends without a word."""
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run([sys.executable, "-c", ENTRY], stdout=write, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(write)
    assert (1, b"") == (done.returncode, done.stderr)


def test_an_unreachable_cluster_is_told_in_words(monkeypatch, tmp_path, capsys):
    """As any other error of ours."""
    replace_validate(monkeypatch, ClusterReadingError("nobody answers"))
    assert run_main(monkeypatch, "validate", tmp_path) == 1
    assert capsys.readouterr().err == "Error: nobody answers\n"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "kubernetes.aio",
            "needs kubernetes, which is missing: pip install 'postern-gateway[operator,dataplane,cluster]'",
        ),
        ("postern_core.ref", "this should not happen"),
    ],
)
def test_a_package_that_is_found_missing_late_is_told(monkeypatch, tmp_path, capsys, name, told):
    """The packages for a cluster are imported when one is asked for."""
    replace_validate(monkeypatch, ModuleNotFoundError(f"No module named {name!r}", name=name))
    assert run_main(monkeypatch, "validate", tmp_path) == 1
    assert told in capsys.readouterr().err


def test_kubectl_s_cluster_is_the_default_of_its_plugin(monkeypatch, capsys, serving):
    """`kubectl postern validate` needs no folder."""
    assert run_main(monkeypatch, "validate", entry=kubectl_main) == 0
    assert "4 objects are fine" in capsys.readouterr().out


def test_a_plugin_looks_at_folders_alone_when_it_is_told_to(monkeypatch, capsys, protected):
    """`--no-cluster` asks no API server."""
    assert run_main(monkeypatch, "validate", "--no-cluster", protected.path, entry=kubectl_main) == 0
    assert run_main(monkeypatch, "validate", "--no-cluster", entry=kubectl_main) == 2
    assert "Usage: kubectl postern validate" in capsys.readouterr().err


def test_kubectl_finds_the_plugin_by_its_name():
    """A hyphen stands for the space of `kubectl postern`."""
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert "postern_cli.main:kubectl_main" == scripts["kubectl-postern"]
