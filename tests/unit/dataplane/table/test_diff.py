"""What has changed between two snapshots."""

from __future__ import annotations

import pytest

from postern_core.codec import CodecError
from postern_core.snapshot import Backend, Consumer
from postern_dataplane.table.diff import NO_ENTRIES, SectionDiff, derive, diff_snapshot, ordered_ids

A, B, C = (Backend(id=id_) for id_ in "abc")
OTHER = Backend(id="b", path_prefix="/other")


def backends(left, come, before=(A, B)):
    found = diff_snapshot(
        {**NO_ENTRIES, "backends": {it.id: it for it in before}}, {"backends": left}, {"backends": come}
    )
    return found.backends


@pytest.mark.parametrize(
    ("left", "come", "now", "changed"),
    [
        ([], [C], [A, B, C], ["c"]),
        ([A], [], [B], ["a"]),
        ([B], [OTHER], [A, OTHER], ["b"]),
        ([A, B], [B, C], [B, C], ["a", "c"]),
        ([A, B], [B, A], [A, B], []),
        ([], [], [A, B], []),
    ],
)
def test_entries_leave_and_come(left, come, now, changed):
    """What leaves and comes as the same object is no change."""
    found = backends(left, come)
    assert {it.id: it for it in now} == found.now
    assert changed == list(found.changed)
    assert {"a": A, "b": B} == found.before


def test_a_section_without_a_change_is_the_same():
    """A section without a change stays the same object."""
    before = {**NO_ENTRIES, "backends": {"a": A}}
    found = diff_snapshot(before, {"backends": [A]}, {"backends": [A]})
    assert found.entries == before
    assert all(found.entries[name] is before[name] for name in before)


@pytest.mark.parametrize(("left", "come"), [([], [A]), ([A], [OTHER]), ([A, B], [OTHER, B]), ([], [C, C])])
def test_an_id_that_comes_twice_is_refused(left, come):
    """Beside one that stays, or beside another one that comes."""
    with pytest.raises(CodecError, match="an id comes twice in backends"):
        backends(left, come)


def test_one_id_in_two_sections_is_two_things():
    """As a backend's endpoints have its id."""
    consumer = Consumer(id="a", namespace="n", name="a")
    found = diff_snapshot(NO_ENTRIES, {}, {"backends": [A], "consumers": [consumer]})
    assert ({"a": A}, {"a": consumer}) == (found.entries["backends"], found.entries["consumers"])


def test_nothing_holds_what_was_before_the_last_change():
    """A table keeps the entries alone."""
    assert all(type(entries) is dict for entries in diff_snapshot(NO_ENTRIES, {}, {}).entries.values())


def test_what_is_derived_says_what_has_changed():
    """As the entries do that it was made of."""
    changed = ordered_ids(["b", "a"], ["a", "c"])
    assert ["b", "a", "c"] == list(changed)
    before = {"a": 1, "x": 2}
    assert SectionDiff(before, {"b": "B", "c": "C", "x": 2}, changed) == derive(
        before, changed, {"b": "B", "c": "C"}.get
    )
