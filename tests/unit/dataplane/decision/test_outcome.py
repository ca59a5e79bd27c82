"""What goes into a decision."""

from __future__ import annotations

import pytest

from heads import NOW_S, PROTECTED, bearer, head, signed, table
from postern_dataplane.decision.decide import decide, match_route
from postern_dataplane.decision.verification_cache import NullCache


@pytest.mark.parametrize(
    ("content_length", "chunked", "expected"),
    [(None, False, False), (0, False, False), (5, False, True), (None, True, True)],
)
def test_a_request_with_a_body_is_told(content_length, chunked, expected):
    """A length of nothing is no body."""
    assert expected == head(content_length=content_length, chunked=chunked).has_body


def test_what_requests_share_cannot_be_changed():
    """A decision that is remembered is given to others as it was."""
    table_, asked = table(*PROTECTED), head("/", bearer(signed()))
    decisions = [decide(it, table_, NullCache(), NOW_S) for it in (asked, head("/"))]
    for value in (asked, match_route(asked, table_), *decisions):
        name = value.__struct_fields__[0]
        with pytest.raises(AttributeError):
            setattr(value, name, None)
