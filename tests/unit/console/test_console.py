"""The command: what it prints, and what it opens."""

from __future__ import annotations

import webbrowser

import pytest
from click.testing import CliRunner

from postern_cli.main import cli
from postern_console import console as module
from postern_operator.errors import LocalError


@pytest.fixture
def opened(monkeypatch):
    """The addresses that a browser was opened at; the console ends at once."""
    addresses = []

    async def serve(_objects, _gateways, opened):
        opened("http://127.0.0.1:1/start/x")
        return "stopped"

    monkeypatch.setattr(module, "serve", serve)
    monkeypatch.setattr(webbrowser, "open", addresses.append)
    return addresses


def run(*arguments):
    return CliRunner().invoke(cli, ["console", *map(str, arguments)], prog_name="postern")


def test_the_link_is_printed_and_opened(opened, protected):
    """Where no browser opens by itself, the link is there to be clicked."""
    result = run(protected.path)
    assert (0, True) == (result.exit_code, "http://127.0.0.1:1/start/x\n" in result.output)
    assert "The console has ended: stopped." in result.output
    assert ["http://127.0.0.1:1/start/x"] == opened


def test_the_browser_can_be_left_alone(opened, protected):
    """Other users of the machine could see with which link it starts."""
    run("--no-browser", protected.path)
    assert [] == opened


def test_folders_that_can_t_be_read_are_an_error(opened, protected, monkeypatch):
    """It is said in the terminal, and no page opens."""

    def fail(_):
        raise LocalError("no")

    monkeypatch.setattr("postern_console.folder_objects.FolderSource.read", fail)
    result = run(protected.path)
    assert (True, []) == (isinstance(result.exception, LocalError), opened)
