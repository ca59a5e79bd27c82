"""YAML without surprises."""

from __future__ import annotations

import pytest

from postern_operator.errors import ManifestError
from postern_operator.local.manifest_yaml import ALIASED_NODES_MAX, DEPTH_MAX, yaml_documents


def value_of(text):
    (document,) = yaml_documents(text)
    return document.value


def mistake_in(text):
    with pytest.raises(ManifestError) as caught:
        yaml_documents(text)
    return caught.value.line, caught.value.column, str(caught.value)


@pytest.mark.parametrize(
    "text", ["yes", "no", "on", "Off", "True", "NULL", "0777", "0x1F", "1_000", "+1", ".5", "1.", ".inf", "12:30:00"]
)
def test_what_json_does_not_know_is_a_text(text):
    """Other readers of YAML disagree about these, so they are what they look like."""
    assert {"a": text} == value_of(f"a: {text}")


@pytest.mark.parametrize("text", ["2027-06-30", "2027-06-30T00:00:00Z"])
def test_a_date_stays_a_text(text):
    """A field that wants a date reads it; all others keep what was written."""
    assert {"a": text} == value_of(f"a: {text}")


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("false", False), ("null", None), ("~", None), ("", None), ("7", 7), ("-1.5e3", -1500.0)],
)
def test_what_json_knows_is_what_json_says(text, value):
    """Plain scalars are read as JSON reads them; an empty one, or a tilde, is null."""
    assert {"a": value} == value_of(f"a: {text}")


def test_what_is_quoted_or_tagged_as_a_text_is_one():
    """Whatever it looks like."""
    assert {"a": "true", "b": "7", "c": "7"} == value_of("{a: 'true', b: \"7\", c: !!str 7}")


def test_a_key_is_a_text():
    """As in JSON, and as kubectl sends it."""
    assert {"8080": "a", "true": "b"} == value_of("8080: a\ntrue: b\n")


def test_a_key_that_comes_twice_is_a_mistake():
    """One of the two was meant, and nobody can say which."""
    line, column, message = mistake_in("a:\n  b: 1\n  c: 2\n  b: 3\n")

    assert (4, 3) == (line, column)
    assert "'b' is repeated" in message


def test_documents_have_their_lines():
    """Comments and markers before them don't count."""
    assert [2, 6] == [document.line for document in yaml_documents("# x\na: 1\n---\n\n# y\nb: 1\n")]


def test_an_alias_is_a_copy():
    """Of what stands before it."""
    value = value_of("a: &x {b: [1]}\nc: *x\n")

    assert value["a"] == value["c"]
    assert value["a"] is not value["c"]


def test_a_merge_brings_what_is_not_there():
    """The mapping's own keys win, then those of the first source."""
    text = "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz: {<<: [*x, *y], c: 3}\n"

    assert {"a": 1, "b": 1, "c": 3} == value_of(text)["z"]


def test_a_quoted_merge_key_is_a_key():
    """Only the plain one merges."""
    assert {"<<": {"a": 1}} == value_of("'<<': {a: 1}")


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: [1", (2, 1), "did not find expected"),
        ("a:\n\tb: 1\n", (2, 1), "tab"),
        ("a: *nowhere", (1, 4), "*nowhere"),
        ("a: &x [*x]", (1, 8), "*x"),
        ("a: !!python/object:os.system x", (1, 4), "tag"),
        ("a: !!set {x}", (1, 4), "tag"),
        ("? [a]\n: b", (1, 3), "key must be a string"),
        ("<<: 7", (1, 5), "takes a mapping"),
        ("{<<: [{a: 1}, 7]}", (1, 17), "takes a mapping"),
        ("<<: {a: 1}\n<<: {b: 1}", (2, 1), "is repeated"),
        ("a: 1\nb: \x01", (2, 4), "control character"),
        ("a: " + "1" * 10_000, (1, 4), "10000 characters"),
    ],
)
def test_a_mistake_has_its_place(text, place, words):
    """Line and column, and what is wrong in words."""
    line, column, message = mistake_in(text)

    assert place == (line, column)
    assert words in message


def test_a_tag_is_not_quoted():
    """It may be anything."""
    assert "hunter2" not in mistake_in("a: !hunter2 x")[2]


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000, "a: &a " + "[" * 1_000])
def test_deep_nesting_is_a_mistake(text):
    """Deep nesting is a mistake and never a stack overflow; since 6.0.4 PyYAML itself may notice it."""
    message = mistake_in(text)[2]
    assert "nests deeper" in message or "nesting depth" in message


def test_nesting_through_aliases_counts():
    """A chain of aliases is as deep as what it stands for."""
    deep = "[" * (DEPTH_MAX // 2) + "x" + "]" * (DEPTH_MAX // 2)
    deeper = "[" * (DEPTH_MAX // 2) + "*a" + "]" * (DEPTH_MAX // 2)

    assert "nests deeper" in mistake_in(f"a: &a {deep}\nb: {deeper}\n")[2]


def test_a_billion_laughs_are_refused():
    """A small file can't become a large one."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]

    assert f"more than {ALIASED_NODES_MAX}" in mistake_in("\n".join(lines))[2]


def test_elements_of_items_have_their_lines():
    """Elements of `items` have their own lines, so that an object in a List can be found."""
    (document,) = yaml_documents("kind: List\nitems:\n- a: 1\n- b: 1\n  items:\n  - c: 1\n")

    assert [3, 4] == [document.item_lines[id(item)] for item in document.value["items"]]
