"""What waits to be sent to the store."""

from __future__ import annotations

from postern_dataplane.rate_limits.limit import Limit
from postern_dataplane.rate_limits.unsent_counts import Spent, UnsentCounts

LIMIT = Limit("default/api/0", 10, 1.0, 10)


def counted(*keys, keys_max=10):
    unsent = UnsentCounts(keys_max)
    return unsent, [unsent.add(LIMIT, key) for key in keys]


def test_requests_of_a_key_are_added_up():
    """A batch has each key once."""
    unsent, _ = counted(b"a", b"b", b"a")
    assert 2 == unsent.of(LIMIT, b"a")
    assert [Spent(LIMIT, b"a", 2), Spent(LIMIT, b"b", 1)] == unsent.take(5)
    assert (0, []) == (unsent.of(LIMIT, b"a"), unsent.take(5))


def test_a_batch_is_bounded():
    """The rest goes with the next one."""
    unsent, _ = counted(b"a", b"b", b"c")
    assert [2, 1] == [len(unsent.take(2)), len(unsent.take(2))]


def test_there_is_room_for_so_many_keys():
    """A key that is known already is counted still."""
    assert [True, True, False, True] == counted(b"a", b"b", b"c", b"a", keys_max=2)[1]
