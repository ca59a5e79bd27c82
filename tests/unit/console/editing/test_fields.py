"""The fields of a form, and what they are in a manifest."""

from __future__ import annotations

import pytest

from postern_console.editing.fields import Column, Field, shown_values, spec_with, typed_values

FIELDS = (
    Field(("a", "text"), "Text", default="x"),
    Field(("words",), "Words", "words", []),
    Field(("lines",), "Lines", "lines", []),
    Field(("tick",), "Tick", "tick", default=True),
    Field(("number",), "Number", "number"),
    Field(("area",), "Area", "area"),
    Field(("rows",), "Rows", "rows", [], columns=(Column("type", "Type", ("A", "B")), Column("value", "Value"))),
)
SPEC = {
    "a": {"text": "t", "other": 1},
    "words": ["b", "c"],
    "lines": ["d e"],
    "tick": False,
    "number": 8,
    "area": "-- x\n-- y\n",
    "rows": [{"type": "B", "value": "v"}],
}
FORM = {
    "a.text": [" t "], "words": ["b,\r\n c "], "lines": ["d e\r\n\r\n"], "number": ["8"], "area": ["-- x\r\n-- y\r\n"],
    "rows.type": ["B", "A"], "rows.value": ["v", ""],
}  # fmt: skip


def test_a_form_that_is_sent_as_it_came_changes_nothing():
    """A browser ends lines in its own way, and empty rows are none."""
    assert SPEC == spec_with(FIELDS, SPEC, typed_values(FIELDS, FORM))


def test_inputs_hold_what_a_manifest_says():
    """Lists are words or lines."""
    shown = shown_values(FIELDS, SPEC)
    assert ("t", "b c", "d e", False, "8") == tuple(
        shown[name] for name in ("a.text", "words", "lines", "tick", "number")
    )


def test_inputs_hold_what_a_manifest_means():
    """A default is shown where nothing is written."""
    shown = shown_values(FIELDS, {})
    assert ("x", "", True, []) == (shown["a.text"], shown["words"], shown["tick"], shown["rows"])


def test_an_empty_form_writes_nothing():
    """Defaults stay out of a new manifest."""
    assert {} == spec_with(FIELDS, {}, shown_values(FIELDS, {}))


def test_a_field_that_is_emptied_is_removed():
    """Fields that the form does not have stay."""
    assert {"a": {"other": 1}} == spec_with(FIELDS, SPEC, shown_values(FIELDS, {}))


@pytest.mark.parametrize("spec", [{}, {"a": "broken"}, {"a": []}])
def test_a_field_makes_the_blocks_that_it_stands_in(spec):
    """What stands in the way is replaced."""
    assert {"text": "n"} == spec_with(FIELDS[:1], spec, {"a.text": "n"})["a"]


def test_a_block_that_means_nothing_alone_goes_with_its_field():
    """An empty `allow` would allow all, which the form did not say."""
    field = Field(("allow", "groups"), "Groups", "words", [])
    assert {} == spec_with([field], {"allow": {"groups": ["a"]}}, {"allow.groups": ""})


def test_a_number_of_too_many_digits_stays_a_text():
    """The compiler says that it is none; Python refuses to read it."""
    field = Field(("port",), "Port", "number")
    assert {"port": "9" * 5000} == spec_with([field], {}, {"port": "9" * 5000})
