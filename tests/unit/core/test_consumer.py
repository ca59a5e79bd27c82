"""What can be wrong with a Consumer by itself."""

from __future__ import annotations

from manifests import consumer, mistakes


def test_a_group_counts_once():
    """A second time is a slip of the pen, and told as one."""
    assert {"spec.groups[2]"} == set(mistakes(consumer(groups=["a", "b", "a"])))
    assert {} == mistakes(consumer(groups=["a", "b"]))
