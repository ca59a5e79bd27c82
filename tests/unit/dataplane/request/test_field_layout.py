"""What the names of fields say, whatever their values."""

from __future__ import annotations

from itertools import compress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heads import head
from postern_dataplane.request.field_layout import (
    CANONICAL_MAX,
    CHOICES_MAX,
    FIELDS_MAX,
    LAYOUTS_MAX,
    NAME_BYTES_MAX,
    NAMES_BYTES_MAX,
    ONCE_MAX,
    CanonicalNames,
    FieldLayout,
    Layouts,
)

NONE = frozenset()


def test_names_are_remembered_within_bounds():
    """Long names are not remembered, and of short ones a few thousand: clients can't fill the memory."""
    names = CanonicalNames()
    for number in range(CANONICAL_MAX + 10):
        assert b"x-%d" % number == names[b"X_%d" % number]
    assert b"x" * (NAME_BYTES_MAX + 1) == names[b"X" * (NAME_BYTES_MAX + 1)]
    assert 10 == len(names)


@pytest.mark.parametrize("name", [b"X-A", b"x_a", b"X.a", b"x\xffa", b"x\xdfa"])
def test_a_name_is_compared_in_one_form(name):
    """Any sign is a dash."""
    assert b"x-a" == CanonicalNames()[name]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], []),
        ([b"X-A"], [0]),
        ([b"x_a"], []),
        ([b"X-B", b"x-a", b"X-A", b"X!A"], [1, 2]),
        ([b"X_A", b"X-a"], [1]),
    ],
)
def test_values_are_found_by_the_very_name_in_any_case(names, expected):
    """Another sign in the place of a dash makes another field, however often the name is there."""
    values = tuple(b"%d" % number for number in range(len(names)))
    assert [b"%d" % number for number in expected] == FieldLayout(tuple(names)).values(b"x-a", values)


def test_the_layout_of_a_head_is_that_of_its_fields():
    """Two heads have one layout where they have the same names, and are equal where they have the same values too."""
    made, other = head("/", ("X_A", "1"), host=None), head("/", ("Y", "2"), host=None)
    assert ((b"x-a",), [], [b"1"]) == (made.layout.compared, made.values(b"x-a"), made.values(b"x_a"))
    assert ((b"y",), [b"2"]) == (other.layout.compared, other.values(b"y"))
    assert other.layout == FieldLayout((b"Y",)) != made.layout
    assert hash(other.layout) == hash(FieldLayout((b"Y",)))
    assert other == head("/", ("Y", "2"), host=None) != head("/", ("Y", "3"), host=None)
    assert other.headers == ((b"Y", b"2"),)


def test_fields_want_a_value_for_each_name():
    """A head whose values are those of other names has no fields."""
    with pytest.raises(ValueError, match="longer"):
        FieldLayout((b"A",)).headers((b"1", b"2"))


def test_fields_are_written_as_lines():
    """Whatever bytes are in a value, and signs in a name that Python would replace."""
    layout = FieldLayout((b"A", b"%b", b"x%%%s", b"%"))
    assert b"A: %b\r\n%b: \r\nx%%%s: \xff\r\n%: a\x00: b\r\n" == layout.lines((b"%b", b"", b"\xff", b"a\x00: b"))
    assert b"" == FieldLayout(()).lines(())


@given(st.lists(st.tuples(st.binary(), st.binary())))
def test_lines_are_names_and_values(fields):
    """Each line is its own, whatever is in the others."""
    layout = FieldLayout(tuple(name for name, _ in fields))
    assert b"".join(map(b"%b: %b\r\n".__mod__, fields)) == layout.lines(tuple(value for _, value in fields))


@pytest.mark.parametrize("values", [(), (b"1",), (b"1", b"2", b"3")])
def test_lines_want_a_value_for_each_name(values):
    """Nothing is written of fields that are not those of the layout."""
    with pytest.raises(TypeError):
        FieldLayout((b"A", b"B")).lines(values)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([b"host", b"a"], (True, None, None)),
        ([b"A", b"Host", b"CONNECTION"], (True, 2, None)),
        ([b"A"], (False, None, None)),
        ([b"Host", b"host"], (False, None, None)),
        ([b"Host", b"A", b"a"], (False, None, None)),
        ([b"Host", b"Connection", b"connection"], (False, 1, None)),
        ([b"Host", b"content-LENGTH"], (True, None, 1)),
        ([b"Host", b"Content-Length", b"content-length"], (False, None, 1)),
        ([b"Host", b"Content-Length", b"transfer-encoding"], (False, None, 1)),
        ([b"Host", b"transfer-encoding"], (False, None, None)),
        ([b"Host", b"Connection", b"Upgrade"], (False, 1, None)),
    ],
)
def test_names_are_plain_that_decide_about_no_more_than_their_fields(names, expected):
    """Host is there, each name once in any case, and none of chunks or another protocol."""
    layout = FieldLayout(tuple(names))
    assert expected == (layout.is_plain, layout.connection, layout.content_length)


def test_a_layout_is_kept_when_it_comes_again():
    """What a client makes up each time takes no place."""
    layouts = Layouts()
    found = [layouts[(b"A", b"B")] for _ in range(4)]
    assert found[0] is not found[1]
    assert found[1] is found[2] is found[3]
    for number in range(LAYOUTS_MAX * 2):
        layouts[(b"X-%d" % number,)]
    assert (1, found[1]) == (len(layouts), layouts[(b"A", b"B")])


def test_what_was_asked_for_lately_stays():
    """However many others come again as well."""
    layouts = Layouts()
    used = [layouts[(b"A",)] for _ in range(2)][-1]
    for number in range(LAYOUTS_MAX * 4):
        for _ in range(2):
            layouts[(b"X-%d" % number,)]
        assert layouts[(b"A",)] is used
    assert len(layouts) + len(layouts._old) <= LAYOUTS_MAX + 1


def test_what_is_long_is_not_kept():
    """Too many names, or too many bytes of them."""
    layouts = Layouts()
    for names in [(b"X",) * (FIELDS_MAX + 1), (b"X" * (NAMES_BYTES_MAX + 1),)]:
        assert [len(names)] * 3 == [len(layouts[names].compared) for _ in range(3)]
    assert 0 == len(layouts)


def test_what_came_once_is_bounded():
    """The numbers of made-up names are forgotten all at once."""
    layouts = Layouts()
    for number in range(ONCE_MAX + 5):
        layouts[(b"X-%d" % number,)]
    assert (0, 5) == (len(layouts), len(layouts._once))


def test_choices_are_bounded():
    """Those of a few kinds of routes are kept, and each is right."""
    layout = FieldLayout((b"A", b"B"))
    for number in range(CHOICES_MAX * 2):
        name = b"a" if number % 2 else b"b"
        written = layout.goes_upstream(frozenset({name, b"%d" % number}), NONE)
        assert (b"B: 2\r\n" if name == b"a" else b"A: 1\r\n") == written.lines((b"1", b"2"))
    assert len(layout._choices) <= CHOICES_MAX


NAMES = st.lists(st.sampled_from([b"Host", b"a", b"A", b"X_A", b"x-a", b"X-Forwarded-Q", b"x.forwarded_q"]), max_size=8)
SETS = st.frozensets(st.sampled_from([b"host", b"a", b"x-a", b"x-forwarded-q"]))


@given(NAMES, SETS, SETS)
def test_what_goes_upstream_is_what_each_name_by_itself_says(names, removed, in_part):
    """Nothing that is removed or says of another client; and no choice where names alone decide nothing."""
    layout = Layouts()[tuple(names)]
    compared = [bytes(name).decode().lower().replace("_", "-").replace(".", "-").encode() for name in names]
    values = tuple(b"%d" % number for number in range(len(names)))
    kept = [it not in removed and not it.startswith(b"x-forwarded-") for it in compared]
    expected = b"".join(b"%b: %b\r\n" % field for field in compress(zip(names, values, strict=True), kept))
    for _ in range(2):
        written = layout.goes_upstream(removed, in_part)
        assert (None if in_part & set(compared) else expected) == (written and written.lines(values))
