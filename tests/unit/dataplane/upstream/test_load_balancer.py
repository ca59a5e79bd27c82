"""Whose turn it is."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postern_dataplane.upstream.load_balancer import EJECTED_FIRST_S, EJECTED_MAX_S, EdfScheduler, Host


def addresses(*weights):
    return [Host("name", f"10.0.0.{number}", 80, weight) for number, weight in enumerate(weights)]


def turns(rotation, count, now=0.0, tried=()):
    """The last numbers of the hosts whose turn it is."""
    return [int(rotation.next(now, tried).host.rpartition(".")[2]) for _ in range(count)]


def test_equals_take_turns():
    """In their order."""
    assert [0, 1, 2, 0, 1, 2] == turns(EdfScheduler(addresses(1, 1, 1)), 6)


def test_one_address_is_always_its_turn():
    """A single address always has its turn, also while it is ejected."""
    (only,) = addresses(1)
    only.failed(0.0)
    assert [0, 0, 0] == turns(EdfScheduler([only]), 3)


def test_no_address_is_nobody_s_turn():
    """There is nothing to give."""
    assert EdfScheduler([]).next(0.0) is None


def test_a_cycle_has_the_shares_of_the_weights():
    """Exactly, and spread out."""
    rotation = EdfScheduler(addresses(1, 2, 5))
    for _ in range(3):
        cycle = turns(rotation, 8)
        assert {0: 1, 1: 2, 2: 5} == Counter(cycle)
        assert [2, 2, 2] != cycle[:3]


@given(weights=st.lists(st.integers(1, 20), min_size=1, max_size=8), cycles=st.integers(1, 3))
def test_shares_follow_weights(weights, cycles):
    """Whatever they are, nobody is ever off by more than a turn."""
    total = sum(weights)
    counts = Counter(turns(EdfScheduler(addresses(*weights)), total * cycles))
    assert all(abs(counts[number] - weight * cycles) <= 1 for number, weight in enumerate(weights))


@given(weights=st.lists(st.integers(1, 20), min_size=2, max_size=6), dead=st.integers(0, 5))
def test_the_living_share_what_a_dead_one_had(weights, dead):
    """By their weights."""
    all_ = addresses(*weights)
    all_[dead % len(all_)].failed(0.0)
    weights[dead % len(all_)] = 0
    counts = Counter(turns(EdfScheduler(all_), sum(weights) * 2))
    assert all(abs(counts[number] - weight * 2) <= 2 for number, weight in enumerate(weights))


def test_a_failed_address_rests():
    """A failed address is ejected, and is tried again after that."""
    rotation = EdfScheduler(all_ := addresses(1, 1))
    all_[0].failed(10.0)
    assert [1, 1, 1] == turns(rotation, 3, now=10.0 + EJECTED_FIRST_S - 0.01)
    assert {0, 1} == set(turns(rotation, 3, now=10.0 + EJECTED_FIRST_S))


def test_the_rest_doubles():
    """Up to a bound."""
    (address,) = addresses(1)
    rests = []
    for _ in range(12):
        address.failed(100.0)
        rests.append(address.ejected_until - 100.0)
    assert [1.0, 2.0, 4.0, 8.0, 16.0] == rests[:5]
    assert {EJECTED_MAX_S} == set(rests[5:])


def test_a_success_forgets_all():
    """The next failure is a first one."""
    (address,) = addresses(1)
    address.failed(0.0)
    address.failed(0.0)
    address.succeeded()
    assert address.is_live(0.0)
    address.failed(0.0)
    assert address.is_live(EJECTED_FIRST_S)


def test_who_comes_back_gets_its_share_and_no_more():
    """What it missed is not made up for, but for a turn."""
    rotation = EdfScheduler(all_ := addresses(1, 1))
    all_[0].failed(0.0)
    turns(rotation, 100)
    assert Counter(turns(rotation, 10, now=EJECTED_FIRST_S))[0] in (5, 6)


def test_when_all_are_dead_they_take_turns():
    """Trying is better than refusing."""
    rotation = EdfScheduler(all_ := addresses(1, 1, 1))
    for address in all_:
        address.failed(0.0)
    assert {0, 1, 2} == set(turns(rotation, 3))


def test_those_tried_are_passed_over():
    """Addresses that were tried are passed over, also when the others are ejected."""
    rotation = EdfScheduler(all_ := addresses(1, 1, 1))
    assert {1, 2} == set(turns(rotation, 4, tried=[all_[0]]))
    all_[1].failed(0.0)
    all_[2].failed(0.0)
    assert {1, 2} == set(turns(rotation, 4, tried=[all_[0]]))


def test_when_all_are_tried_they_are_tried_again():
    """One address has more than one chance."""
    rotation = EdfScheduler(all_ := addresses(1, 1))
    assert {0, 1} == set(turns(rotation, 2, tried=all_))


@pytest.mark.parametrize(("host", "text"), [("10.0.0.1", "10.0.0.1:80"), ("fd00::1", "[fd00::1]:80")])
def test_an_address_is_written_as_in_a_url(host, text):
    """For the log."""
    assert text == str(Host("name", host, 80, 1))
