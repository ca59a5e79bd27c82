"""The annotations of ingress-nginx as fields of a Service."""

from __future__ import annotations

import pytest

from postern_cli.nginx_annotations import SAID, instead_of


@pytest.mark.parametrize(
    ("name", "value"),
    [("proxy-body-size", "0"), ("proxy-read-timeout", "1m"), ("rewrite-target", "/$1"), ("upstream-vhost", "$host")],
)
def test_what_a_field_can_not_say_is_refused(name, value):
    """A value that would have to be guessed raises."""
    with pytest.raises(ValueError, match=r"is not|has captures"):
        SAID[name](value)


def test_each_annotation_has_an_advice():
    """One that restricts names its replacement; any other one is to be written by hand."""
    assert "JWTPolicy" in instead_of("auth-url")
    assert "by hand" in instead_of("never-heard-of")
