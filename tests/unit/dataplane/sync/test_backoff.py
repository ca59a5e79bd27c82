"""How long to wait."""

from __future__ import annotations

from postern_dataplane.sync.backoff import STEPS_S, Backoff


def test_waits_grow_to_a_bound():
    """Each is between half of its step and the whole."""
    backoff = Backoff()
    waits = [backoff.next_s() for _ in range(20)]
    steps = [*STEPS_S, *[STEPS_S[-1]] * 14]
    assert [] == [wait for wait, step in zip(waits, steps, strict=True) if not step / 2 <= wait <= step]


def test_a_success_begins_anew():
    """The next trouble is over as soon as the first was."""
    backoff = Backoff()
    for _ in STEPS_S:
        backoff.next_s()
    backoff.reset()
    assert backoff.next_s() <= STEPS_S[0]


def test_no_two_fleets_wait_alike():
    """A fleet does not come back as one."""
    assert 1 < len({Backoff((1.0,)).next_s() for _ in range(10)})
