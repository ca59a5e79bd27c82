"""Mistakes as values."""

import random

from postern_core.problems import Problem, Reason, by_ref, in_order
from postern_core.ref import Ref

ROUTE = Ref("Route", "demo", "json")


def test_a_problem_names_the_object_the_field_and_the_way_out():
    """Its text is all that a person needs."""
    problem = Problem(ROUTE, Reason.INVALID, "spec.paths[0]", "is required")

    assert "Route demo/json: spec.paths[0]: is required" == str(problem)


def test_a_problem_of_a_whole_object_has_no_field():
    """No stray colon is left where the field would be."""
    assert "Route demo/json: is gone" == str(Problem(ROUTE, Reason.INVALID, "", "is gone"))


def test_only_warnings_make_no_condition_false():
    """Every other reason belongs to Accepted or ResolvedRefs."""
    warnings = [Reason.WARNING, Reason.NO_READY_ENDPOINT, Reason.KEYS_STALE]
    assert warnings == [reason for reason in Reason if reason.condition is None]
    assert Problem(ROUTE, Reason.WARNING, "", "").is_warning


def test_problems_are_in_order_and_each_once():
    """The order in which problems are found shows nowhere."""
    other = Ref("Route", "demo", "other")
    ordered = [
        Problem(ROUTE, Reason.INVALID, "a", "1"),
        Problem(ROUTE, Reason.INVALID, "a", "2"),
        Problem(ROUTE, Reason.WARNING, "", ""),
        Problem(other, Reason.CONFLICTED, "", ""),
    ]
    shuffled = ordered * 2
    random.Random(1).shuffle(shuffled)
    assert tuple(ordered) == in_order(shuffled)
    assert {ROUTE: tuple(ordered[:3]), other: (ordered[3],)} == by_ref(in_order(shuffled))
