"""Dictionaries that are made of others, which stay as they are."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from postern_dataplane.table.copy_on_write import with_changes, with_recomputed, with_regrouped


@dataclass(frozen=True)
class Row:
    id: str
    place: int = 0


A, B, C = Row("a", 1), Row("b", 2), Row("c", 3)


def place(row):
    return row.place


def test_what_is_gone_is_left_out_and_what_has_come_is_there():
    """In another dictionary than the one that was given."""
    before = {"a": 1, "b": 2, "c": 3}
    assert {"b": 20, "c": 3, "d": 4} == with_changes(before, ["a"], {"b": 20, "d": 4})
    assert {"a": 1, "b": 2, "c": 3} == before


def test_nothing_that_is_other_is_the_same_dictionary():
    """It costs nothing."""
    before = {"a": (A,)}
    assert before is with_changes(before, [], {})
    assert before is with_recomputed(before, [], lambda _: None)
    assert before is with_recomputed(before, ["x"], lambda _: None)
    assert before is with_regrouped(before, [], [], place)


def test_what_has_changed_is_made_anew_or_left_out():
    """The rest is not even asked for."""
    before = {"a": 1, "b": 2, "c": 3}
    assert {"b": 20, "c": 3, "d": 40} == with_recomputed(before, ["a", "b", "d"], {"b": 20, "d": 40}.get)
    assert {"a": 1, "b": 2, "c": 3} == before


@pytest.mark.parametrize(
    ("gone", "come", "expected"),
    [
        ([], [("x", B)], {"x": (A, B, C), "y": (A,)}),
        ([], [("z", B)], {"x": (A, C), "y": (A,), "z": (B,)}),
        ([("y", "a"), ("x", "a")], [], {"x": (C,)}),
        ([("x", "c")], [("x", Row("c", 0))], {"x": (Row("c", 0), A), "y": (A,)}),
        ([("x", "c")], [("y", C)], {"x": (A,), "y": (A, C)}),
        ([("x", "c"), ("x", "a"), ("y", "a")], [], {}),
        ([("x", "nobody"), ("z", "nobody")], [], {"x": (A, C), "y": (A,)}),
    ],
)
def test_groups_lose_and_gain_rows(gone, come, expected):
    """Each in order, and none is empty."""
    before = {"x": (A, C), "y": (A,)}
    assert expected == with_regrouped(before, gone, come, place)
    assert {"x": (A, C), "y": (A,)} == before


def test_a_group_that_is_not_concerned_is_the_same():
    """Whatever happens to the others."""
    before = {"x": (A, C), "y": (A,)}
    assert before["y"] is with_regrouped(before, [("x", "c")], [("x", B)], place)["y"]


def test_equal_places_keep_the_order_in_which_they_came():
    """Of those that come at once."""
    rows = [Row("z"), Row("y"), Row("x")]
    assert {"g": tuple(rows)} == with_regrouped({}, [], [("g", row) for row in rows], place)
