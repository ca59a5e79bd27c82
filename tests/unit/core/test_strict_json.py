"""JSON with one reading."""

import pytest

from postern_core.strict_json import DECODER, Fault, StrictJSONError


@pytest.mark.parametrize(
    ("text", "fault", "found"),
    [
        ('{"a": 1, "a": 1}', Fault.MEMBER_TWICE, ""),
        ('[{"b": {"a": 1, "\\u0061": 2}}]', Fault.MEMBER_TWICE, ""),
        ("NaN", Fault.NOT_A_NUMBER, "NaN"),
        ('{"a": -Infinity}', Fault.NOT_A_NUMBER, "-Infinity"),
        ("1e999", Fault.NUMBER_TOO_LARGE, ""),
        ("[-1.5e400]", Fault.NUMBER_TOO_LARGE, ""),
    ],
)
def test_what_two_readers_may_read_differently_is_refused(text, fault, found):
    """The error says which fault it is, and which constant was met."""
    with pytest.raises(StrictJSONError) as refused:
        DECODER.decode(text)
    assert (fault, found) == (refused.value.fault, refused.value.found)


def test_other_json_is_read_as_ever():
    """A strict reader reads each value as Python's own does."""
    assert {"a": [1, 1.5, True, None, "x"]} == DECODER.decode('{"a": [1, 1.5, true, null, "x"]}')
