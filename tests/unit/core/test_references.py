"""What a Secret or ConfigMap holds."""

import pytest

from postern_core.link.references import Missing, value_of
from postern_core.parse import parse_manifest
from postern_core.problems import Reason


def held(kind="Secret", key="a", **fields):
    parsed = parse_manifest({"apiVersion": "v1", "kind": kind, "metadata": {"name": "x"}, **fields})
    return value_of(parsed.ref, parsed, key)


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("Secret", {"data": {"a": "eHl6"}}, b"xyz"),
        ("Secret", {"stringData": {"a": "xyz"}}, b"xyz"),
        ("Secret", {"stringData": {"a": "new"}, "data": {"a": "eHl6"}}, b"new"),
        ("ConfigMap", {"data": {"a": "xyz"}}, b"xyz"),
        ("ConfigMap", {"binaryData": {"a": "eHl6"}}, b"xyz"),
    ],
)
def test_a_value_is_read_as_kubernetes_keeps_it(kind, fields, expected):
    """`stringData` wins, as the API server has it."""
    assert expected == held(kind, **fields)


@pytest.mark.parametrize("fields", [{}, {"data": {"b": "eHl6"}}, {"data": {"a": "%%%hunter2"}}])
def test_an_entry_that_is_missing_or_no_base64_is_told_without_its_value(fields):
    """The names of entries are no secret; their values are."""
    missing = held(**fields)

    assert isinstance(missing, Missing)
    assert Reason.SECRET_KEY_MISSING is missing.reason
    assert "hunter2" not in missing.message
