"""What goes into a decision."""

from __future__ import annotations

import pytest

from heads import head


@pytest.mark.parametrize(
    ("content_length", "chunked", "expected"),
    [(None, False, False), (0, False, False), (5, False, True), (None, True, True)],
)
def test_a_request_with_a_body_is_told(content_length, chunked, expected):
    """A length of nothing is no body."""
    assert expected == head(content_length=content_length, chunked=chunked).has_body
