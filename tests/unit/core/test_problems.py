"""Mistakes as values."""

from postern_core.problems import Problem, Reason
from postern_core.ref import Ref

ROUTE = Ref("Route", "demo", "json")


def test_a_problem_names_the_object_the_field_and_the_way_out():
    """Its text is all that a person needs."""
    problem = Problem(ROUTE, Reason.INVALID, "spec.paths[0]", "is required")

    assert "Route demo/json: spec.paths[0]: is required" == str(problem)


def test_a_problem_of_a_whole_object_has_no_field():
    """No stray colon is left where the field would be."""
    assert "Route demo/json: is gone" == str(Problem(ROUTE, Reason.INVALID, "", "is gone"))


def test_only_a_warning_changes_no_condition():
    """Every other reason belongs to Accepted or ResolvedRefs."""
    assert [Reason.WARNING] == [reason for reason in Reason if reason.condition is None]
    assert Problem(ROUTE, Reason.WARNING, "", "").is_warning
