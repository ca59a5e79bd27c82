"""The values of a request that routes ask for."""

from __future__ import annotations

import pytest

from heads import head
from postern_dataplane.table.field_values import header_value, query_value


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([], None),
        ([("x-a", "1")], "1"),
        ([("X-A", "1"), ("x-a", "2")], "1, 2"),
        ([("x-a", "")], ""),
        ([("x_a", "1")], None),
        ([("x-a", b"\xff")], "\xff"),
    ],
)
def test_several_lines_of_a_header_are_one_list(fields, expected):
    """RFC 9110, section 5.3."""
    assert expected == header_value("x-a", head("/", *fields))


@pytest.mark.parametrize(
    ("query", "expected"),
    [(None, None), ("", None), ("b=1", None), ("a", ""), ("a=1&a=2", "1"), ("%61=%31", "1"), ("x&a=b=c", "b=c"),
     ("a=%c3%a9", "\u00e9"), ("a=%ff", "\ufffd"), ("a=1+2", "1+2"), ("a=%2531", "%31"), ("a=\udcff", "\ufffd")],
)  # fmt: skip
def test_the_first_of_a_query_parameter_counts(query, expected):
    """Percent-decoded once."""
    assert expected == query_value("a", query)
