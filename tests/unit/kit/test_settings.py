"""How a setting is declared, and read from texts."""

from __future__ import annotations

from typing import Annotated

import msgspec
import pytest

from postern_kit.settings import BYTES, COUNT, NAME, PORT, Option, Syntax, build, one_of, settings_of

WORDS = Syntax("WORD,...", lambda text: tuple(text.split(",")), ",".join)


class Inner(msgspec.Struct, frozen=True, kw_only=True):
    size_bytes: Annotated[int, Option(BYTES, "How large.", spelling="--size")] = 8


class Outer(msgspec.Struct, frozen=True, kw_only=True):
    name: Annotated[str, Option(NAME, "Who.")]
    words: Annotated[tuple[str, ...], Option(WORDS, "What.", repeats=True)] = ("a", "b")
    is_loud: Annotated[bool, Option(None, "Shout.", group="Voice")] = False
    workers: Annotated[int, Option(COUNT, "How many.", default="all")] = msgspec.field(default_factory=lambda: 3)
    inner: Inner = Inner()


def test_a_declaration_says_everything_about_a_setting():
    """A nested Struct is a group, and a default is shown as its syntax writes it, or in words."""
    assert [
        ("name", "--name", "", True, ""),
        ("words", "--words", "", False, "a,b"),
        ("is_loud", "--is-loud", "Voice", False, ""),
        ("workers", "--workers", "", False, "all"),
        ("size", "--size", "Inner", False, "8"),
    ] == [(one.name, one.spelling, one.group, one.is_required, one.default) for one in settings_of(Outer)]


def test_what_is_not_given_is_at_its_default():
    """None and an empty tuple are what click has for an option that is not given."""
    assert Outer(name="a") == build(Outer, {"name": "a", "words": (), "size": None})


def test_texts_are_read():
    """A setting that repeats joins what each text holds, and a nested one reaches its Struct."""
    given = {"name": "a", "words": ("x,y", "z"), "is_loud": True, "size": "9"}
    assert Outer(name="a", words=("x", "y", "z"), is_loud=True, inner=Inner(size_bytes=9)) == build(Outer, given)


@pytest.mark.parametrize(
    ("syntax", "text"),
    [(PORT, "0"), (PORT, "65536"), (PORT, "x"), (COUNT, "0"), (COUNT, "-1"), (COUNT, "1234567890"), (one_of("a"), "b")],
)
def test_a_text_that_is_not_of_its_syntax_is_refused(syntax, text):
    """The message quotes the text."""
    with pytest.raises(ValueError, match=f"'{text}' is not"):
        syntax.read(text)
