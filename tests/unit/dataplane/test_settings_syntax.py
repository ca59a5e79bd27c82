"""Tests of how settings are written."""

from __future__ import annotations

import pytest

from postern_dataplane import settings_syntax


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("SECONDS", "1m30s", 90.0),
        ("PATIENCE", "off", 0.0),
        ("SHARE", "0.25", 0.25),
        ("SWITCH", "on", True),
        ("RATE", "off", 0),
        ("COUNT_OR_OFF", "off", 0),
        ("SIZE", "1Ki", 1024),
        ("SIZE", "off", None),
        ("CLAIMS", "sub, /realm/name", ("sub", "/realm/name")),
        ("NETWORKS", "10.0.0.0/8, fd00::/8", ("10.0.0.0/8", "fd00::/8")),
        ("ADDRESSES", "loopback", "loopback"),
    ],
)
def test_a_setting_is_read_as_it_is_written(name, text, value):
    """Each syntax returns the value that its text stands for."""
    assert value == getattr(settings_syntax, name).read(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SECONDS", "0s"),
        ("SECONDS", "5"),
        ("SHARE", "1.5"),
        ("SWITCH", "yes"),
        ("SIZE", "1.5Mi"),
        ("CLAIMS", "a,b,c,d,e,f,g,h,i"),
        ("CLAIMS", "/a~2"),
        ("NETWORKS", "10.0.0.0/33"),
        ("ADDRESSES", "everywhere"),
    ],
)
def test_what_is_no_setting_is_refused_with_a_word(name, text):
    """Each syntax raises ValueError for a text that it does not know, and says why."""
    with pytest.raises(ValueError, match=r"\S"):
        getattr(settings_syntax, name).read(text)
