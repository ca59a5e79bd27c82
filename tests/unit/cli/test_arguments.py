"""Arguments that several commands share."""

from __future__ import annotations

import click
import pytest

from postern_cli.arguments import IPAddress, Line


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


@pytest.mark.parametrize("text", ["::ffff:192.0.2.1", "::FFFF:c000:201", "192.0.2.1"])
def test_an_address_is_as_a_connection_shows_it(text):
    """An IPv4 address is written as one."""
    assert IPAddress().convert(text, None, None) == "192.0.2.1"


@pytest.mark.parametrize("text", ["fe80::1%eth0", "FE80:0::1"])
def test_an_address_of_ipv6_has_no_zone(text):
    """A connection shows the shortest form, and what is behind % means something on one machine only."""
    assert IPAddress().convert(text, None, None) == "fe80::1"


@pytest.mark.parametrize("text", ["192.0.2.0/24", "app.example.com", ""])
def test_what_is_no_address_is_refused(text):
    """A network or a name is where no single client is."""
    with pytest.raises(click.BadParameter):
        IPAddress().convert(text, None, None)
