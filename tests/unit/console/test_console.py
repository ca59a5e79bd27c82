"""The command: what it prints, and what it opens."""

from __future__ import annotations

import webbrowser

import pytest
from click.testing import CliRunner

from postern_cli.main import cli
from postern_cli.sources import Where
from postern_console import console as module
from postern_operator.errors import LocalError


@pytest.fixture
def opened(monkeypatch):
    """The addresses that a browser was opened at; the console ends at once."""
    addresses = []

    async def serve(_, opened):
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


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "name a folder with manifests, or give --cluster"),
        (["--cluster", "."], "about folders or a cluster, not both"),
        (["--context=x", "."], "give --cluster too"),
        (["--write", "."], "a console about folders always writes"),
    ],
)
def test_it_is_about_folders_or_about_a_cluster(opened, arguments, told):
    """Options that say neither or both are a mistake of usage."""
    result = run(*arguments)
    assert (2, True, []) == (result.exit_code, told in result.output, opened)


def test_a_cluster_is_what_its_options_say(opened, monkeypatch):
    """As for all commands about a cluster."""
    asked = []

    async def serve_cluster(where, _, opened, *, writes):
        asked.append((where, writes))
        opened("http://127.0.0.1:1/start/x")
        return "stopped"

    monkeypatch.setattr("postern_console.cluster.serve_cluster.serve_cluster", serve_cluster)
    run("--cluster", "--context=c", "-n", "demo")
    run("--cluster", "--write")
    assert ([(Where("c", "", "demo"), False), (Where(), True)], 2) == (asked, len(opened))


def test_folders_that_can_t_be_read_are_an_error(opened, protected, monkeypatch):
    """It is said in the terminal, and no page opens."""

    def fail(_):
        raise LocalError("no")

    monkeypatch.setattr("postern_console.folder_objects.FolderSource.read", fail)
    result = run(protected.path)
    assert (True, []) == (isinstance(result.exception, LocalError), opened)
