"""Steps and their outcomes."""

from __future__ import annotations

from postern_cli.explanation.steps import Outcome, Step, Trace, nothing
from postern_dataplane.request.denials import DenialReason


def refuse():
    return DenialReason.EXPIRED


def test_a_step_that_finds_nothing_is_ok():
    """The walk goes on."""
    walk = Trace()
    walk.check("first", nothing, lambda: "as it should be")
    assert ([Step("first", Outcome.OK, "as it should be")], None) == (walk.steps, walk.reason)


def test_what_is_behind_a_refusal_is_not_reached():
    """It isn't even asked: what it would look at may not exist."""
    walk = Trace()
    walk.check("first", refuse)
    walk.check("second", lambda: 1 / 0, lambda: 1 / 0)
    walk.skip(["third"])
    assert walk.steps == [
        Step("first", Outcome.REFUSED, "", DenialReason.EXPIRED),
        Step("second", Outcome.NOT_REACHED),
        Step("third", Outcome.NOT_REACHED),
    ]


def test_a_refusal_that_is_forgiven_keeps_its_reason():
    """The walk goes on behind it."""
    walk = Trace()
    walk.check("first", refuse)
    walk.forgive()
    walk.check("second", nothing)
    assert [Step("first", Outcome.FORGIVEN, "", DenialReason.EXPIRED), Step("second", Outcome.OK)] == walk.steps
