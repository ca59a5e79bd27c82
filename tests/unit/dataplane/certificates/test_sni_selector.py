"""A certificate for a name."""

from __future__ import annotations

import pytest

from postern_dataplane.certificates.certificate import Certificate
from postern_dataplane.certificates.sni_selector import NameConflict, SniSelector


def certificate(folder, *names, ends_at=1.0):
    return Certificate(folder, names, ends_at, None)


CHOICE = SniSelector(
    [
        certificate("wild", "*.example.com", "*.deep.example.com"),
        certificate("exact", "a.example.com"),
        certificate("apex", "example.com"),
    ]
)


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("a.example.com", "exact"),
        ("A.EXAMPLE.com", "exact"),
        ("b.example.com", "wild"),
        ("example.com", "apex"),
        ("x.deep.example.com", "wild"),
        ("deep.example.com", "wild"),
        ("x.y.example.com", "apex"),
        (".example.com", "apex"),
        ("com", "apex"),
        ("", "apex"),
        (None, "apex"),
    ],
)
def test_an_exact_name_comes_before_a_wildcard_and_both_before_the_default(name, folder):
    """A wildcard stands for one whole label; the default is the first folder."""
    assert folder == CHOICE.of(name).folder


def test_the_folder_named_default_is_the_default():
    """Wherever it stands in the order."""
    assert "default" == SniSelector([certificate("a", "a.test"), certificate("default", "b.test")]).of(None).folder


def test_without_certificates_there_is_none():
    """Without certificates none is selected, and nothing fails."""
    assert None is SniSelector([]).of("a.test")


@pytest.mark.parametrize(("ends_at", "serves", "passed_over"), [(2.0, "b", "a"), (1.0, "a", "b"), (0.5, "a", "b")])
def test_of_two_the_one_that_lasts_longest_serves_a_name(ends_at, serves, passed_over):
    """Of equals the first folder; and it is told."""
    selector = SniSelector([certificate("b", "x.test", ends_at=ends_at), certificate("a", "x.test", "x.test")])
    assert (serves, (NameConflict("x.test", serves, passed_over),)) == (
        selector.of("x.test").folder,
        selector.conflicts,
    )
