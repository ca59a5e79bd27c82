"""A field is found by its place as by going through all of a head's fields."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from postern_dataplane.decision.decide import host_field
from postern_dataplane.request.field_layout import taken_apart
from postern_dataplane.request.head import RequestHead, only_value

NAMES = st.sampled_from([b"Host", b"host", b"HOST", b"Hos", b"Host ", b"X-Host", b"Origin", b"origin"]) | st.binary()
FIELDS = st.lists(st.tuples(NAMES, st.binary()), max_size=6).map(tuple)
LOWERED = st.sampled_from([b"host", b"origin", b"x-host"])


def head_of(fields):
    return RequestHead("GET", "/", 1, *taken_apart(fields), "192.0.2.1")


@given(FIELDS)
def test_the_host_is_the_first_of_its_fields(fields):
    """In any case of its name; two equal ones are two."""
    found = [value for name, value in fields if name.lower() == b"host"]
    assert (found[0] if found else None, len(found) > 1) == host_field(head_of(fields))


@given(FIELDS, LOWERED)
def test_one_value_is_that_of_the_only_field(fields, lowered):
    """None where there is none, or more than one."""
    found = [value for name, value in fields if name.lower() == lowered]
    assert (found[0] if len(found) == 1 else None) == only_value(head_of(fields), lowered)
