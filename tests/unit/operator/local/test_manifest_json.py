"""JSON, as strict as YAML."""

from __future__ import annotations

import pytest

from postern_operator.errors import ManifestError
from postern_operator.local.manifest_json import json_document


def test_a_document_is_what_json_says():
    """With the line where it begins."""
    document = json_document('\n\n{"a": [1, true, null, "\\ud83d\\ude00"]}')

    assert ({"a": [1, True, None, "\U0001f600"]}, 3) == (document.value, document.line)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ('{\n "a": 1,\n}', (3, 1), "is not JSON"),
        ('{"a": 1,\n "b": {"a": 2},\n "a": 3}', (3, 2), "'a' is repeated"),
        ('{"a": 1, "\\u0061": 2}', (1, 10), "'a' is repeated"),
        ('{"a": NaN}', (1, 7), "NaN"),
        ('{"a": -Infinity}', (1, 7), "-Infinity"),
        ('{"a": ' + "1" * 10_000 + "}", (1, 7), "no number"),
        ("[" * 100_000, (1, 65), "nests deeper"),
        ('{"a": "' + '\\"' * 100_000, (1, 7), "is not JSON"),
    ],
)
def test_a_mistake_has_its_place(text, place, words):
    """Line and column, and what is wrong in words."""
    with pytest.raises(ManifestError) as caught:
        json_document(text)

    assert place == (caught.value.line, caught.value.column)
    assert words in str(caught.value)


def test_what_stands_in_a_text_is_no_structure():
    """Brackets, NaN and keys there mean nothing."""
    assert {"a": '{"b": [NaN', "b": 1} == json_document('{"a": "{\\"b\\": [NaN", "b": 1}').value


def test_a_key_that_cannot_be_read_is_the_reader_s_to_refuse():
    """Looking for keys that come twice does not stumble over it."""
    with pytest.raises(ManifestError, match="Invalid"):
        json_document('{"\\q": 1, "\\q": 2}')
