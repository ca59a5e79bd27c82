"""Arguments that several commands share."""

from __future__ import annotations

import click
import pytest

from postern_cli.arguments import Line


def test_a_line_is_taken_as_it_is():
    """Spaces and letters of any language may be in it."""
    assert Line().convert("name=Ünal der Erste", None, None) == "name=Ünal der Erste"


@pytest.mark.parametrize("text", ["a\nb", "a\x1b[2J", "a\udce4"])
def test_what_is_no_line_is_refused(text):
    """Control characters and broken UTF-8 end nowhere, least of all in a header."""
    with pytest.raises(click.BadParameter):
        Line().convert(text, None, None)


def test_the_environment_gives_one_value_a_line():
    """A value may have spaces there too."""
    assert ["a: b c", "d: e"] == Line().split_envvar_value("a: b c\nd: e")
