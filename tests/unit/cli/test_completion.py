"""Completion scripts."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_calls_back(postern, shell):
    """The script of each shell asks `postern` itself for what may follow."""
    result = postern("completion", shell)
    assert (0, True) == (result.exit_code, f"_POSTERN_COMPLETE={shell}_complete" in result.output)


def test_another_shell_is_a_mistake_of_usage(postern):
    """What there is no script for is said."""
    assert postern("completion", "tcsh").exit_code == 2


def test_commands_are_completed(postern):
    """The script's question is answered with the commands."""
    question = {"_POSTERN_COMPLETE": "bash_complete", "COMP_WORDS": "postern ", "COMP_CWORD": "1"}
    assert "plain,validate" in postern(env=question).output.splitlines()
