"""The text of a document with another value: comments and order stay."""

from __future__ import annotations

import copy

import pytest
import yaml

from postern_console.editing.document_edit import edited_document, new_document
from postern_operator.local.manifest_yaml import yaml_documents

TEXT = """\
# About the whole.
kind: Route
metadata:
  name: json   # its name
spec:
  # Which Service.
  serviceRef: {name: app}
  methods: [GET]  # only this
  paths:
    # The one path.
    - {type: Exact, value: /json}
    - type: Prefix
      value: /a

  # About auth.
  auth:
    jwt:
      # Where.
      from:
        - header: Authorization
      keyClaim: key
# The end.
"""


def edited(text, change):
    """The text after a change of its value, and the lines that are new and those that have gone."""
    value = copy.deepcopy(yaml.safe_load(text))
    change(value)
    result = edited_document(text, value)
    assert value == yaml.safe_load(result)
    old, new = text.splitlines(), result.splitlines()
    return [it for it in new if it not in old], [it for it in old if it not in new]


def test_nothing_changes_where_nothing_changes():
    """Not a byte."""
    assert TEXT == edited_document(TEXT, yaml.safe_load(TEXT))


def test_a_value_is_replaced_alone():
    """The line has the new value, and all others stay."""

    def change(value):
        value["spec"]["methods"] = ["GET", "HEAD"]

    assert (["  methods: [GET, HEAD]"], ["  methods: [GET]  # only this"]) == edited(TEXT, change)


def test_a_field_is_added_behind_its_neighbours():
    """Within its block, and before the comments of the next one."""

    def change(value):
        value["spec"]["auth"]["jwt"]["stripCredentials"] = True
        value["spec"]["headers"] = [{"name": "X", "value": "y"}]

    new = ["      stripCredentials: true", "  headers:", "  - {name: X, value: y}"]
    assert (new, []) == edited(TEXT, change)


def test_a_field_is_removed_with_its_lines():
    """What stands behind it is the next one's."""

    def change(value):
        del value["spec"]["paths"]

    assert ([], TEXT.splitlines()[8:13]) == edited(TEXT, change)


def test_a_block_within_a_block_is_changed_alone():
    """Comments deep inside stay."""

    def change(value):
        value["spec"]["auth"]["jwt"]["keyClaim"] = "iss"

    assert (["      keyClaim: iss"], ["      keyClaim: key"]) == edited(TEXT, change)


def test_a_document_without_a_last_line_end_gets_one():
    """An entry that is added begins a line of its own."""

    def change(value):
        value["spec"] = {"b": 2, "c": "yes"}

    assert (["  c: 'yes'"], []) == edited("kind: A\nspec:\n  b: 2", change)
    assert yaml.safe_load(edited_document("kind: A", {"kind": "A", "b": {}})) == {"kind": "A", "b": {}}


@pytest.mark.parametrize(
    "text",
    [
        "# A\n{kind: A, spec: {a: 1}}\n",
        "# A\nkind: A\nx: &x {a: 1}\nspec: *x\n",
        "# A\nkind: A\nspec:\n  <<: {a: 1}\n",
        "# A\nkind: A\n? spec\n: a: 1\n",
        "# A\nkind: A\nspec: {}\n",
        "# A\nkind: A\nspec:\n",
        '# A\n"kind": A\nspec: "a\n\n  b"\n',
        "# A\nkind: A\nspec: |\n  # no comment\n  a\n",
    ],
)
def test_whatever_is_written_the_value_is_what_was_meant(text):
    """Where lines can't be changed one by one, the document is written anew; its first comment stays."""
    value = {**yaml.safe_load(text), "spec": {"a": 2, "b": [1]}}
    result = edited_document(text, value)
    assert (value, True) == (yaml.safe_load(result), result.startswith("# A\n"))


def test_a_new_document_reads_as_the_examples_do():
    """The innermost lists and mappings are in one line."""
    value = {"spec": {"methods": ["GET"], "paths": [{"type": "Exact", "value": "/a"}]}}
    assert "spec:\n  methods: [GET]\n  paths:\n  - {type: Exact, value: /a}\n" == new_document(value)


@pytest.mark.parametrize(
    "text",
    ["1e3", "12e45", "-0e1", "1e" + "0" * 70, "12", "-1.5", "1_0", "0777", "true", "yes", "null", "~", "", "<<", " a",
     "a: b", "a #b", "# a", "- a", "---", "...", "%a", "*a", "&a", "!a", "a\n--- b", "\x00", "2026-11-28", "\u2028"],
)  # fmt: skip
def test_a_text_stays_a_text(text):
    """The reader of manifests returns each text as it was, also one that it would take for a number without quotes."""
    value = {"kind": "A", "spec": {"a": text, "b": [text]}}
    written = [new_document(value), edited_document("kind: A\nspec:\n  a: 1\n", value)]
    assert [[value], [value]] == [[it.value for it in yaml_documents(one)] for one in written]
    assert "a: plain\n" == new_document({"a": "plain"})
