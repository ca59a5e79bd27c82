"""What the status says."""

import pytest

from postern_core.conditions import Programming, conditions_of
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref

ROUTE = Ref("Route", "demo", "json")


def status(*problems, ref=ROUTE, programming=Programming.PROGRAMMED):
    return {it.type: f"{it.status} {it.reason}" for it in conditions_of(ref, problems, programming)}


def test_without_problems_everything_holds():
    """Without problems every condition is True, and Ready too."""
    expected = {
        "Accepted": "True Accepted",
        "ResolvedRefs": "True ResolvedRefs",
        "Programmed": "True Programmed",
        "Ready": "True Ready",
    }
    assert expected == status()


def test_a_kind_without_references_has_no_condition_about_them():
    """A Consumer refers to nothing."""
    assert ["Accepted", "Programmed", "Ready"] == list(status(ref=Ref("Consumer", "demo", "a")))


def test_an_invalid_object_is_not_programmed_and_its_references_are_unknown():
    """Nobody has followed them."""
    expected = {
        "Accepted": "False Invalid",
        "ResolvedRefs": "Unknown Invalid",
        "Programmed": "False Invalid",
        "Ready": "False Invalid",
        "Stalled": "True Invalid",
    }
    assert expected == status(Problem(ROUTE, Reason.INVALID, "spec", "is wrong"))


def test_a_missing_reference_makes_an_accepted_object_not_ready():
    """Accepted stays, Ready does not."""
    told = status(Problem(ROUTE, Reason.SERVICE_NOT_FOUND, "spec", "is missing"))

    assert ("True Accepted", "False ServiceNotFound") == (told["Accepted"], told["Ready"])


@pytest.mark.parametrize("reason", [one for one in Reason if one is not Reason.INVALID], ids=lambda one: one.text)
def test_what_other_objects_may_mend_is_not_stalled(reason):
    """What applies objects in any order must not give up while the other one is on its way."""
    assert "Stalled" not in status(Problem(ROUTE, reason, "spec", "is wrong"))


def test_warnings_and_other_objects_problems_change_nothing():
    """Each object answers for itself."""
    other = Problem(Ref("Route", "demo", "other"), Reason.INVALID, "", "is wrong")

    assert status() == status(other, Problem(ROUTE, Reason.WARNING, "", "is odd"))


def test_a_warning_is_the_message_of_a_condition_that_holds():
    """A person who looks at the object finds it there; a state that passes by itself is not written down."""
    odd = Problem(ROUTE, Reason.WARNING, "spec.paths[0]", "is odd")
    passing = Problem(ROUTE, Reason.NO_READY_ENDPOINT, "spec", "is on its way")
    told = {it.type: it.message for it in conditions_of(ROUTE, [odd, passing], Programming.PROGRAMMED)}

    assert {"Accepted": "warning: spec.paths[0]: is odd", "ResolvedRefs": "", "Programmed": "", "Ready": ""} == told


def test_a_status_holds_only_some_warnings_of_many():
    """What the API server takes of a message is bounded."""
    many = [Problem(ROUTE, Reason.WARNING, f"spec.paths[{index}]", "is odd") for index in range(64)]
    accepted, *_ = conditions_of(ROUTE, many, Programming.PROGRAMMED)

    assert accepted.message.endswith("spec.paths[7]: is odd; and 56 more")


def test_what_is_not_served_yet_is_not_ready():
    """Pending and NoDataPlane are reasons of their own."""
    assert "False Pending" == status(programming=Programming.PENDING)["Ready"]
    assert "False NoDataPlane" == status(programming=Programming.NO_DATA_PLANE)["Programmed"]


def test_the_message_names_every_problem():
    """The first alone would send people round twice."""
    problems = [Problem(ROUTE, Reason.INVALID, "spec.a", "is x"), Problem(ROUTE, Reason.INVALID, "", "is y")]

    assert {"Accepted": "spec.a: is x; is y", "Stalled": "spec.a: is x; is y"} == {
        it.type: it.message
        for it in conditions_of(ROUTE, problems, Programming.PENDING)
        if it.type in ("Accepted", "Stalled")
    }
