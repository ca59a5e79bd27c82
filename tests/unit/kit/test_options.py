"""The options that click makes from declarations."""

from __future__ import annotations

from typing import Annotated

import msgspec
import pytest

from postern_kit.options import options_of, read_command_line
from postern_kit.settings import COUNT, NAME, Option, Syntax

WORDS = Syntax("WORD,...", lambda text: tuple(text.split(",")), ",".join)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    name: Annotated[str, Option(NAME, "Who.", "Because.")]
    max_words: Annotated[int, Option(COUNT, "How many.", group="Bounds")] = 3
    words: Annotated[tuple[str, ...], Option(WORDS, "What.", repeats=True)] = ()
    is_loud: Annotated[bool, Option(None, "Shout.")] = False

    def __post_init__(self):
        if len(self.words) > self.max_words:
            raise ValueError("--words: too many")


@pytest.fixture
def read(monkeypatch):
    def read(*options, **environment):
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            return read_command_line(Settings, options, program="prog", prefix="P", help_="Do it.", epilog="An end.")

    return read


def test_options_and_variables_set_settings(read):
    """An option counts before its variable, and an empty variable is none."""
    assert Settings(name="a", max_words=4) == read("--name", "a", P_NAME="b", P_MAX_WORDS="4")
    assert Settings(name="b") == read(P_NAME="b", P_MAX_WORDS="")


def test_a_flag_is_set_by_its_option_or_by_true(read):
    """A variable that says false leaves it unset."""
    given = [read("--name", "a", "--is-loud"), read("--name", "a", P_IS_LOUD="true")]
    assert [True, True] == [one.is_loud for one in given]
    assert not read("--name", "a", P_IS_LOUD="false").is_loud


def test_a_setting_that_repeats_is_joined(read):
    """A variable holds several values, as a single option may."""
    assert ("a", "b", "c") == read("--name", "a", "--words", "a,b", "--words", "c").words
    assert ("a", "b") == read("--name", "a", P_WORDS="a,b").words


@pytest.mark.parametrize(
    ("options", "environment", "said"),
    [
        ([], {}, "Missing option '--name'"),
        (["--name", "a", "--max-words", "0"], {}, "Invalid value for '--max-words': '0' is not"),
        (["--name", "a", "--max-words=--x"], {}, "'--x' is not"),
        (["--name", "a"], {"P_MAX_WORDS": "0"}, "Invalid value for P_MAX_WORDS: '0' is not"),
        (["--name", "a", "--words", "a,b,c,d"], {}, "--words: too many"),
        (["--name", "a", "--max", "1"], {}, "No such option"),
        (["--name", "a", "b"], {}, "unexpected extra argument"),
    ],
)
def test_a_mistake_ends_with_the_usage(read, options, environment, said, capsys):
    """The status is 2, and the message names the option or the variable."""
    with pytest.raises(SystemExit) as ended:
        read(*options, **environment)
    printed = capsys.readouterr().err
    assert (2, True, True) == (ended.value.code, "Usage: prog" in printed, said in printed)


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_is_printed_by_group(read, option, capsys):
    """Each option has its placeholder, its meaning and its default, and the variables' rule stands at the end."""
    with pytest.raises(SystemExit) as ended:
        read(option)
    printed = capsys.readouterr().out
    assert 0 == ended.value.code
    assert ["Usage", "Options", "Bounds"] == [line.split(":")[0] for line in printed.splitlines() if line[:1].strip()]
    for words in ("--name NAME  ", "How many.  [default: 3]", "Do it.", "An end.", "P_NAME for --name"):
        assert words in printed


def test_options_can_be_left_out():
    """A program that decides a setting itself has no option for it."""
    assert ["name", "words", "is_loud"] == [one.name for one in options_of(Settings, without={"max_words"})]
