"""Turns by weight; that they are exact for all weights is a property test."""

from __future__ import annotations

from postern_dataplane.upstream.weighted_rotation import WeightedRotation


def test_the_heavier_comes_more_often_and_not_in_a_row():
    """The turns of nginx's own example."""
    rotation = WeightedRotation((5, 1, 1))
    assert [0, 0, 1, 0, 2, 0, 0] == [rotation.next() for _ in range(7)]


def test_weight_zero_has_no_turn():
    """A number with weight 0 is never chosen, not even when it stands first."""
    rotation = WeightedRotation((0, 1_000_000))
    assert {1} == {rotation.next() for _ in range(100)}
