"""Each fuzzing target runs, and finds nothing in a few hundred inputs that are the same in each run."""

from __future__ import annotations

import re
import sys
import types
from contextlib import nullcontext

import pytest
from fuzz import corpus, guided
from fuzz.engine import TARGETS, replay, run

# Over sockets an input takes some milliseconds, or waits for the header time-out.
OVER_SOCKETS = {"heads": 60, "streams": 60, "answers": 100}


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_finds_nothing(name):
    """The inputs of seed 0 fail no assertion."""
    tally = run(name, iterations=OVER_SOCKETS.get(name, 300), seed=0)
    assert [] == tally.failures
    assert tally.inputs == OVER_SOCKETS.get(name, 300)


@pytest.mark.parametrize("name", guided.TARGETS)
def test_the_kept_corpus_finds_nothing(name):
    """Its inputs reached all code that guided runs have reached."""
    inputs = corpus.kept(name)
    tally = replay(name, inputs)
    assert (True, [], len(inputs)) == (bool(inputs), tally.failures, tally.inputs)


def test_an_input_that_fails_is_named(monkeypatch):
    """In the form in which it can be run again."""

    def once(chance, _):
        raise AssertionError(f"chose {chance.getrandbits(8)}")

    monkeypatch.setitem(sys.modules, "fuzz.targets.odd", types.SimpleNamespace(opened=nullcontext, once=once))
    assert ["input 2a: AssertionError: chose 42"] == replay("odd", [b"\x2a"]).failures


@pytest.fixture
def target(monkeypatch):
    """A target of the test's own, that fails for some inputs."""

    def once(chance, _):
        assert chance.random() < 0.5, "an odd input"
        return "even"

    module = types.SimpleNamespace(opened=nullcontext, once=once)
    monkeypatch.setitem(sys.modules, "fuzz.targets.odd", module)
    return "odd"


def test_a_failure_is_counted_with_its_seed(target):
    """The report names the seed and the number by which the input can be run again."""
    tally = run(target, iterations=12, seed=7)
    assert tally.failures
    assert tally.inputs == 12 or len(tally.failures) == 10
    assert "seed 7, number " in str(tally)
    assert "AssertionError: an odd input" in str(tally)


def test_memory_is_told_by_halves(target):
    """What grows without an end grows in the second half too."""
    assert re.search(
        r"memory \+\d+\.\d MiB in the first half and \+\d+\.\d in the second", str(run(target, iterations=4))
    )


def test_a_run_ends_with_its_time(target):
    """No input begins after the time is over."""
    assert 0 == run(target, seconds=-1).inputs


def test_the_same_seed_gives_the_same_inputs(target):
    """A failure can be run again."""
    assert run(target, iterations=5, seed=3).failures == run(target, iterations=5, seed=3).failures
