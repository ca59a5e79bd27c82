"""Waits grow to a bound, and a success resets them."""

from __future__ import annotations

from postern_kit.backoff import Backoff


def test_a_pause_doubles_up_to_its_bound():
    """The longest pauses are all the same."""
    backoff = Backoff(1, 5, chance=lambda: 1.0)
    assert [1, 2, 4, 5, 5] == [backoff.next_s() for _ in range(5)]


def test_chance_takes_half_of_a_pause_at_most():
    """Replicas that failed together come back apart."""
    assert 0.5 == Backoff(1, 5, chance=lambda: 0.0).next_s()


def test_after_a_success_pauses_are_short_again():
    """What failed an hour ago is forgotten."""
    backoff = Backoff(1, 5, chance=lambda: 1.0)
    backoff.next_s()
    backoff.succeeded()
    assert (0, 1) == (backoff.failures, backoff.next_s())
