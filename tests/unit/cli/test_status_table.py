"""The table of objects and their conditions."""

from __future__ import annotations

import io

from rich.console import Console

from postern_cli.status_table import PROBLEMS_MAX, ROWS_MAX, left_out, sentences, table_of
from postern_core.conditions import Programming, conditions_of
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref

ROUTE, CONSUMER = Ref("Route", "demo", "json"), Ref("Consumer", "demo", "oiloil")


def told(*problems, refs=(CONSUMER, ROUTE), programming=Programming.PROGRAMMED):
    return {ref: conditions_of(ref, problems, programming) for ref in refs}


def lines_of(statuses):
    out = io.StringIO()
    Console(file=out, width=200).print(table_of(statuses))
    return [line.split() for line in out.getvalue().splitlines()]


def test_every_condition_has_its_column():
    """Where a kind has no such condition there is a dash."""
    expected = [
        ["Kind", "Name", "Accepted", "ResolvedRefs", "Programmed", "Ready"],
        ["Consumer", "demo/oiloil", "True", "-", "True", "True"],
        ["Route", "demo/json", "True", "True", "True", "True"],
    ]
    assert expected == lines_of(told())


def test_what_does_not_hold_says_why():
    """By its reason."""
    missing = Problem(ROUTE, Reason.SERVICE_NOT_FOUND, "spec.serviceRef", "is missing")

    assert ["Route", "demo/json", "True", "ServiceNotFound", "True", "ServiceNotFound"] == lines_of(told(missing))[-1]


def test_a_name_is_never_markup():
    """Whatever stands in brackets."""
    odd = Ref("Route", "demo", "[bold]x")

    assert "demo/[bold]x" in lines_of(told(refs=[odd]))[1]


def test_a_long_table_begins_with_what_is_not_ready():
    """A long table begins with the objects that are not ready, and counts the others."""
    refs = [Ref("Route", "demo", f"r{n:03}") for n in range(ROWS_MAX + 10)]
    statuses = told(Problem(refs[-1], Reason.INVALID, "", "is wrong"), refs=refs)

    assert "demo/r049" == lines_of(statuses)[1][1]
    assert ROWS_MAX + 1 == len(lines_of(statuses))
    assert "... and 10 more objects, all ready" == left_out(statuses)


def test_what_is_left_out_may_be_unready():
    """Objects left out of a table that are not ready are counted as such; a short table leaves out none."""
    refs = [Ref("Route", "demo", f"r{n:03}") for n in range(ROWS_MAX + 2)]

    assert "... and 2 more objects, 2 of them not ready" == left_out(told(refs=refs, programming=Programming.PENDING))
    assert not left_out(told())


def test_a_problem_is_a_sentence_with_its_place():
    """Where the object is written, if that is known."""
    problem = Problem(ROUTE, Reason.INVALID, "spec.a", "is wrong")

    assert ["Invalid: Route demo/json: spec.a: is wrong (a.yaml:3)"] == sentences([problem], {ROUTE: "a.yaml:3"})
    assert ["Invalid: Route demo/json: spec.a: is wrong"] == sentences([problem], {})


def test_many_problems_are_counted():
    """The first ones are enough to begin with."""
    problems = [Problem(ROUTE, Reason.INVALID, f"spec.{n}", "is wrong") for n in range(PROBLEMS_MAX + 5)]

    assert "... and 5 more; `postern validate` has them all" == sentences(problems, {})[-1]
    assert PROBLEMS_MAX + 1 == len(sentences(problems, {}))
