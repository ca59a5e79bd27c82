"""Shares of a split are exact, however the weights are."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from postern_dataplane.upstream.weighted_rotation import WeightedRotation

WEIGHTS = st.lists(st.integers(0, 40), min_size=1, max_size=6).filter(any).map(tuple)


@given(WEIGHTS, st.integers(1, 3))
def test_each_has_as_many_turns_as_its_weight(weights, rounds):
    """After each round of as many turns as the sum of the weights, the counts are the weights, to the last one."""
    rotation = WeightedRotation(weights)
    for _ in range(rounds):
        turns = [rotation.next() for _ in range(sum(weights))]
        assert list(weights) == [turns.count(number) for number in range(len(weights))]


@given(st.lists(st.integers(0, 1_000_000), min_size=1, max_size=16).filter(any).map(tuple), st.integers(1, 300))
def test_turns_are_spread_evenly(weights, turns):
    """At any time, nothing is further from its exact share than a few turns; with two it is never a whole one."""
    rotation, counts = WeightedRotation(weights), [0] * len(weights)
    bound = 1 if len(weights) == 2 else len(weights) / 2 + 1
    for turn in range(1, turns + 1):
        counts[rotation.next()] += 1
        exact = [Fraction(turn * weight, sum(weights)) for weight in weights]
        assert all(abs(count - share) < bound for count, share in zip(counts, exact, strict=True))
