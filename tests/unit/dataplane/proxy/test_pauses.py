"""A connection is read unless there is a reason not to."""

from __future__ import annotations

import pytest

from postern_dataplane.proxy.pauses import Pauses


class Transport:
    """Remembers whether it is read."""

    def __init__(self):
        self.is_read, self.is_over = True, False

    def is_closing(self):
        return self.is_over

    def pause_reading(self):
        assert not self.is_over
        self.is_read = False

    def resume_reading(self):
        assert not self.is_over
        self.is_read = True


@pytest.fixture
def transport():
    return Transport()


@pytest.fixture
def pauses(transport):
    return Pauses(transport)


def test_it_is_read_again_when_every_reason_has_gone(transport, pauses):
    """One of two is not enough."""
    pauses.add("a")
    pauses.add("b")
    pauses.remove("a")
    assert (False, True, False) == (transport.is_read, "b" in pauses, "a" in pauses)
    pauses.remove("b")
    assert transport.is_read


def test_a_reason_that_is_not_there_is_no_reason(transport, pauses):
    """Neither to read, nor not to."""
    pauses.add("a")
    pauses.remove("b")
    assert not transport.is_read


def test_all_reasons_go_at_once(transport, pauses):
    """When a request is over."""
    pauses.add("a")
    pauses.add("b")
    pauses.clear()
    assert (True, False) == (transport.is_read, "a" in pauses)


def test_all_but_one_go_at_once(transport, pauses):
    """It need not have been there."""
    pauses.add("a")
    pauses.keep("b")
    assert (False, False, True) == (transport.is_read, "a" in pauses, "b" in pauses)


@pytest.mark.parametrize("what", ["add", "keep"])
def test_a_transport_that_closes_is_left_alone(transport, pauses, what):
    """Some loops raise otherwise."""
    pauses.add("a")
    transport.is_over = True
    pauses.clear()
    getattr(pauses, what)("b")
