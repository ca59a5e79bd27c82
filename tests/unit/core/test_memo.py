"""Remembering between compilations."""

from postern_core.memo import Memo


def test_equal_inputs_are_not_worked_on_again():
    """The very same result comes back in the next compilation."""
    memo = Memo()
    first = memo.get_or_compute(list, 1, "a")
    memo.finish()

    assert first is memo.get_or_compute(list, 1, "a")


def test_changed_inputs_are():
    """What was remembered is for its inputs only."""
    memo = Memo()
    memo.get_or_compute(list, 1, "a")
    memo.finish()

    assert ["b"] == memo.get_or_compute(list, 1, "b")


def test_what_a_compilation_did_not_ask_for_is_forgotten():
    """Objects that are gone leave nothing behind."""
    memo = Memo()
    first = memo.get_or_compute(list, 1, "a")
    memo.finish()
    memo.finish()

    assert first is not memo.get_or_compute(list, 1, "a")
