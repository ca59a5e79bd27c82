"""`postern validate --strict --offline` on a folder, without a process of its own: starting one takes longer."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from postern_cli.main import cli


def assert_valid(folder: Path) -> None:
    """It finds nothing wrong, and nothing that never works; no key is fetched."""
    result = CliRunner().invoke(cli, ["validate", "--strict", "--offline", str(folder)], prog_name="postern")
    assert (0, "") == (result.exit_code, result.stderr), result.stdout
