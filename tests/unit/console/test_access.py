"""One start link, one session, and when they end."""

from __future__ import annotations

import pytest

from postern_console.access import IDLE_S, LINK_S, Access


class Clock:
    """A clock that tests set."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def access(clock):
    return Access(4711, clock)


def link_of(access):
    return access.start_path.removeprefix("/start/")


def test_a_link_has_256_bits(access, clock):
    """It can't be guessed, and no two are the same."""
    assert 43 == len(link_of(access))
    assert link_of(access) != link_of(Access(4711, clock))


def test_a_link_begins_one_session(access):
    """The second browser that opens it gets nothing."""
    session = access.begin(link_of(access))
    assert access.admits(session)
    assert "" == access.begin(link_of(access))


@pytest.mark.parametrize("link", ["", "x", "ü", "\udc80"])
def test_a_wrong_link_begins_none(access, link):
    """Whatever is asked for, the right link is still good afterwards."""
    assert "" == access.begin(link)
    assert access.begin(link_of(access))


def test_a_link_is_good_for_a_minute(access, clock):
    """What is found in a history or on a screen later is worth nothing."""
    clock.now += LINK_S
    assert "" == access.begin(link_of(access))


@pytest.mark.parametrize("cookie", ["", "x", "ü"])
def test_a_wrong_cookie_is_not_admitted(access, cookie):
    """It gets nothing, before there is a session and afterwards."""
    assert not access.admits(cookie)
    access.begin(link_of(access))
    assert not access.admits(cookie)


def test_a_session_lasts_while_it_is_used(access, clock):
    """Each of its requests prolongs it, those of others do not."""
    session = access.begin(link_of(access))
    for _ in range(3):
        clock.now += IDLE_S - 1
        assert access.admits(session)
    clock.now += IDLE_S - 1
    access.admits("x")
    assert 1 == access.ends_in_s()
    clock.now += 1
    assert not access.admits(session)


def test_consoles_have_cookies_of_their_own(access):
    """Two of them run at two ports of one host, whose cookies are shared."""
    assert "postern-console-4711" == access.cookie_name
