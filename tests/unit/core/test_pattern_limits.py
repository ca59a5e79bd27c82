"""How large patterns may be."""

import pytest

from postern_core.pattern_limits import HOST_SIZE_MAX, PATTERN_SIZE_MAX, WORK_MAX, text_bytes_max


@pytest.mark.parametrize(("size", "expected"), [(0, WORK_MAX), (1, WORK_MAX), (33, 3971), (HOST_SIZE_MAX, 256)])
def test_more_instructions_leave_shorter_texts(size, expected):
    """Their product is what takes the time."""
    assert expected == text_bytes_max(size)


def test_a_host_has_room_for_the_largest_pattern():
    """One that is accepted alone is never refused for its host."""
    assert PATTERN_SIZE_MAX <= HOST_SIZE_MAX
