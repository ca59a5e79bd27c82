"""Names and their addresses."""

from __future__ import annotations

import socket

import pytest

from postern_dataplane.background_tasks import BackgroundTasks
from postern_dataplane.upstream.dns import REFRESH_S, TIMEOUT_S, DnsEntry, is_address


@pytest.fixture
def changes():
    return []


@pytest.fixture
def ask(loop, changes):
    """Makes the name `app`, which has these addresses; asking for them gives them."""
    known = []
    tasks = BackgroundTasks()

    def ask_(*answers):
        if not known:
            known.append(DnsEntry("app", tasks, lambda: changes.append(known[0].known)))
        if answers:
            loop.names["app"] = list(answers)
        return known[0]

    yield ask_
    loop.run_until_complete(tasks.close())


def addresses_of(loop, name):
    """Ask; gives what is known then."""
    loop.call(name.ask)
    return name.known


@pytest.mark.parametrize(
    ("host", "expected"),
    [("10.0.0.1", True), ("::1", True), ("fd00::1", True), ("app", False), ("10.0.0", False), ("", False)],
)
def test_an_address_needs_no_resolving(host, expected):
    """Of either version."""
    assert expected == is_address(host)


def test_a_name_is_resolved_when_it_is_first_needed(loop, ask, changes):
    """Once, with each address once and in order."""
    name = ask("10.0.0.2", "10.0.0.1", "10.0.0.2")
    assert ((), []) == (name.known, loop.lookups)
    assert ("10.0.0.1", "10.0.0.2") == addresses_of(loop, name)
    assert (["app"], [("10.0.0.1", "10.0.0.2")]) == (loop.lookups, changes)


@pytest.mark.parametrize(
    ("answer", "known", "alternatives"),
    [
        (["10.0.0.2", "fd00::1", "10.0.0.1"], ("10.0.0.1", "10.0.0.2"), ("fd00::1",)),
        (["fd00::1", "10.0.0.1"], ("fd00::1",), ("10.0.0.1",)),
    ],
)
def test_of_two_families_the_first_counts(loop, ask, answer, known, alternatives):
    """The system puts addresses without a way to them last; the others are what is used in place of these."""
    assert known == addresses_of(loop, name := ask(*answer))
    assert alternatives == name.alternatives


def test_an_old_answer_is_refreshed_beside_the_requests(loop, ask, changes):
    """An old answer is refreshed in the background, and is used until then."""
    name = ask("10.0.0.1")
    addresses_of(loop, name)
    loop.pass_time(REFRESH_S)
    loop.call(name.refresh)
    assert ["app"] == loop.lookups
    ask("10.0.0.2")
    loop.pass_time(1)
    loop.call(name.refresh)
    assert (["app"] * 2, ("10.0.0.2",)) == (loop.lookups, name.known)
    assert [("10.0.0.1",), ("10.0.0.2",)] == changes


def test_the_same_answer_changes_nothing(loop, ask, changes):
    """In whatever order it comes."""
    addresses_of(loop, ask("10.0.0.1", "10.0.0.2"))
    ask("10.0.0.2", "10.0.0.1")
    loop.pass_time(REFRESH_S + 1)
    loop.call(ask().refresh)
    assert (2, 1) == (len(loop.lookups), len(changes))


def test_the_last_answer_is_kept_when_resolving_fails(loop, ask):
    """The last answer is kept when resolving fails, which is tried again later."""
    addresses_of(loop, name := ask("10.0.0.1"))
    loop.names["app"] = socket.gaierror(-3, "try again")
    for _ in range(2):
        loop.pass_time(REFRESH_S + 1)
        loop.call(name.refresh)
        loop.call(name.refresh)
    assert (("10.0.0.1",), 3) == (name.known, len(loop.lookups))


def test_the_last_answer_is_kept_while_the_server_is_silent(loop, ask):
    """It is waited for, but not for ever, and by one question only."""
    addresses_of(loop, name := ask("10.0.0.1"))
    loop.names["app"] = loop.create_future()
    loop.pass_time(REFRESH_S + 1)
    loop.call(name.refresh)
    loop.call(name.refresh)
    assert (("10.0.0.1",), 2) == (name.known, len(loop.lookups))
    loop.pass_time(TIMEOUT_S)
    assert name._running.done()


@pytest.mark.parametrize(
    "answer", [socket.gaierror(-2, "unknown"), UnicodeError("label too long"), []], ids=["error", "no name", "empty"]
)
def test_a_name_without_an_answer_has_no_addresses(loop, ask, changes, answer):
    """A name without an answer has no addresses, and is resolved again with the next request that needs it."""
    loop.names["app"] = answer
    assert () == addresses_of(loop, name := ask())
    loop.names["app"] = ["10.0.0.1"]
    assert ("10.0.0.1",) == addresses_of(loop, name)
    assert [("10.0.0.1",)] == changes


def test_a_silent_server_is_given_up(loop, ask):
    """After a while."""
    loop.names["app"] = loop.create_future()
    asking = loop.call(ask().ask)
    assert not asking.done()
    loop.pass_time(TIMEOUT_S)
    assert (True, ()) == (asking.done(), ask().known)


def test_those_who_ask_share_one_question(loop, ask):
    """While it is under way."""
    loop.names["app"] = answer = loop.create_future()
    asked = [loop.call(ask().ask) for _ in range(3)]
    loop.call(answer.set_result, ["10.0.0.1"])
    assert (1, ["app"], ("10.0.0.1",)) == (len(set(asked)), loop.lookups, ask().known)
