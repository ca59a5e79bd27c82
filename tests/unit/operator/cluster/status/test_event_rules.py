"""What a person should see of an object, and no more."""

from manifests import compiled, route
from postern_core.conditions import Condition, Programming, conditions_of
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_operator.cluster.status.event_rules import EventRules

REF = Ref("Route", "default", "all")
MISSING = Problem(REF, Reason.SERVICE_NOT_FOUND, "spec.serviceRef", "Service 'app' does not exist")
REJECTED = Problem(REF, Reason.INVALID, "spec.paths", "must be a list")


def told(*problems, programming=Programming.PROGRAMMED):
    """The conditions of a state, and the status that says them."""
    conditions = conditions_of(REF, problems, programming)
    return conditions, {"conditions": [
        {"type": it.type, "status": it.status, "reason": it.reason, "message": it.message} for it in conditions
    ]}  # fmt: skip


WELL, WELL_STATUS = told()
PENDING, PENDING_STATUS = told(programming=Programming.PENDING)
BAD, BAD_STATUS = told(MISSING)


def brief(news):
    return [(one.type, one.reason) for one in news]


def test_what_works_from_the_start_is_no_news():
    """Ten thousand routes are applied at once."""
    rules = EventRules()

    assert [[], []] == [
        brief(rules.drafts(REF, "u", status, due)) for status, due in (({}, PENDING), (PENDING_STATUS, WELL))
    ]


def test_trouble_is_told_once():
    """Though its status is written a little later."""
    rules = EventRules()
    first, again, after = (rules.drafts(REF, "u", status, BAD) for status in ({}, {}, BAD_STATUS))

    assert [("Warning", "ServiceNotFound")] == brief(first)
    assert ("spec.serviceRef: Service 'app' does not exist", REF, "u") == (first[0].note, first[0].ref, first[0].uid)
    assert ((), ()) == (again, after)


def test_trouble_that_an_earlier_operator_has_told_is_not_told_again():
    """The status says so."""
    assert () == EventRules().drafts(REF, "u", BAD_STATUS, BAD)


def test_other_trouble_is_told():
    """A person who mended the first waits for it."""
    rules = EventRules()
    rules.drafts(REF, "u", {}, BAD)

    assert [("Warning", "Invalid")] == brief(rules.drafts(REF, "u", BAD_STATUS, told(REJECTED)[0]))


def test_recovery_is_told_when_it_is_served():
    """Not before, though that takes a few rounds."""
    rules = EventRules()
    rules.drafts(REF, "u", {}, BAD)
    pending = rules.drafts(REF, "u", BAD_STATUS, PENDING)
    served = rules.drafts(REF, "u", PENDING_STATUS, WELL)

    assert ([], [("Normal", "Programmed")]) == (brief(pending), brief(served))
    assert () == rules.drafts(REF, "u", WELL_STATUS, WELL)


def test_recovery_is_told_after_a_restart():
    """What the status says of before is enough."""
    assert [("Normal", "Programmed")] == brief(EventRules().drafts(REF, "u", BAD_STATUS, WELL))


def test_trouble_that_returns_is_told_again():
    """It is news again."""
    rules = EventRules()
    rules.drafts(REF, "u", {}, BAD)
    rules.drafts(REF, "u", BAD_STATUS, WELL)

    assert [("Warning", "ServiceNotFound")] == brief(rules.drafts(REF, "u", WELL_STATUS, BAD))


def test_what_can_t_be_published_is_trouble():
    """Once, and again when it is mended; another operator sees in the status that it was told."""
    unpublished, status = told(programming=Programming.NOT_PUBLISHED)
    rules = EventRules()
    found = [
        brief(rules.drafts(REF, "u", seen, due)) for seen, due in (({}, unpublished), (status, PENDING), ({}, WELL))
    ]

    assert [[("Warning", "NotPublished")], [], [("Normal", "Programmed")]] == found
    assert () == EventRules().drafts(REF, "u", status, unpublished)


def test_an_object_that_is_gone_is_forgotten():
    """Its name may be taken by another, which starts afresh."""
    rules = EventRules()
    rules.drafts(REF, "u", {}, BAD)
    rules.forget_all_but([])

    assert () == rules.drafts(REF, "u", {}, WELL)


def test_a_long_message_is_cut_to_what_an_event_takes():
    """In bytes, and between two characters."""
    (news,) = EventRules().drafts(REF, "u", {}, [Condition("Accepted", "False", "Invalid", "ü" * 2000), *WELL[1:]])

    assert (1023, "...") == (len(news.note.encode()), news.note[-3:])


def test_problems_of_a_compilation_become_events():
    """As they are worded there."""
    due = conditions_of(REF, compiled(route()).problems, Programming.PROGRAMMED)

    assert [("Warning", "ServiceNotFound")] == brief(EventRules().drafts(REF, "u", {}, due))
