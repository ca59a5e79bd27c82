"""`python -m postern_operator`, as far as it goes without an API server."""

from __future__ import annotations

import json
import logging

import pytest

from postern_operator.__main__ import main


@pytest.fixture(autouse=True)
def logging_as_before():
    """A process configures its logs once; the tests after this one have their own."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def test_what_hinders_the_start_is_said_in_words(tmp_path, capsys):
    """On one line, with status 1 and no traceback."""
    assert 1 == main(["--kubeconfig", str(tmp_path / "nowhere")])
    [line] = capsys.readouterr().err.splitlines()
    assert ("critical", True) == (json.loads(line)["level"], "see --kubeconfig" in json.loads(line)["event"])


def test_a_wrong_option_ends_with_the_usage(capsys):
    """Status 2, as every command has it."""
    with pytest.raises(SystemExit) as ended:
        main(["--nonsense"])
    assert 2 == ended.value.code
