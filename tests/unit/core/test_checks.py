"""Checks of one object alone."""

from manifests import compiled, credential, mistakes, route, service
from postern_core.check import check
from postern_core.kinds import KINDS
from postern_core.parse import parse_manifest
from postern_operator.validators import VALIDATORS


def test_a_check_is_named_as_the_violation():
    """The list of names is the list of what can be wrong."""
    names = [violation.__name__ for kind in KINDS.values() for violation in kind.checks]

    assert all(
        "_is_" in name
        or "_not_" in name
        or "_can_" in name
        or "_hold" in name
        or "_has_" in name
        or "_contradicts_" in name
        or "_outlasts_" in name
        for name in names
    )


def test_an_unparsed_object_has_its_parse_problems_only():
    """Nothing is checked that nobody could read."""
    parsed = parse_manifest(route(methods="GET"))

    assert parsed.problems == check(parsed, VALIDATORS)


def test_all_checks_of_an_object_are_collected():
    """Two mistakes in two checks are two problems."""
    bad = service(pathPrefix="v1", hosts=["a.example", "a.example"])

    assert ["spec.hosts[1]", "spec.pathPrefix"] == sorted(mistakes(bad))


def test_a_sound_set_has_no_problem():
    """The defaults of these tests are right."""
    assert () == compiled(service(), route()).problems
    assert ["spec.consumerRef", "spec.keys[0]"] == sorted(mistakes(credential()))
