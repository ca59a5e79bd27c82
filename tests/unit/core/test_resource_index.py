"""The objects of one compilation."""

from manifests import consumer, service
from postern_core.link.resource_index import age, index_resources
from postern_core.memo import Memo
from postern_core.parse import parse_manifest
from postern_core.problems import Reason
from postern_core.ref import Ref
from postern_operator.validators import VALIDATORS


def indexed(*manifests):
    return index_resources([parse_manifest(it) for it in manifests], VALIDATORS, Memo())


def test_of_two_objects_with_one_name_the_one_of_the_first_origin_counts():
    """Whichever was read first."""
    one, two = parse_manifest(consumer(customID="1"), "a.yaml"), parse_manifest(consumer(customID="2"), "b.yaml")

    for order in ([one, two], [two, one]):
        assert [one] == index_resources(order, VALIDATORS, Memo()).of_kind("Consumer")


def test_the_oldest_comes_first_and_the_unknown_last():
    """Names decide between equals."""
    ages = [
        age(parse_manifest(service(name, created=created)))
        for name, created in (("z", "2025-01-01T00:00:00Z"), ("b", "2026-01-01T00:00:00Z"), ("a", ""), ("b", ""))
    ]
    assert ages == sorted(ages)


def test_a_broken_object_keeps_its_age():
    """It was written when it was written."""
    broken = parse_manifest(service(created="2025-01-01T00:00:00Z", extra=1))

    assert "2025-01-01T00:00:00Z" == age(broken)[0]


def test_a_reference_to_what_is_not_sound_says_which_it_is():
    """Missing and broken have two ways out."""
    who, at = Ref("Route", "default", "r"), "spec.x"
    invalid = indexed(consumer())
    broken = invalid.reference_problem(Ref("Consumer", "default", "alice"), Reason.CONSUMER_NOT_FOUND, who, at)
    missing = invalid.reference_problem(Ref("Consumer", "default", "bob"), Reason.CONSUMER_NOT_FOUND, who, at)

    assert ("fix it first" in broken.message, "does not exist" in missing.message) == (True, True)
