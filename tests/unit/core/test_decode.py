"""Strict decoding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postern_core.decode import MISTAKES_MAX, decode_strictly
from postern_core.resources.route import RouteSpec
from postern_core.resources.service import ServiceSpec


def mistakes(spec, type_=ServiceSpec):
    value, found = decode_strictly(spec, type_)
    assert (value is None) == bool(found)
    return found


def test_what_is_right_is_decoded_without_a_word():
    """A value and no mistakes."""
    value, found = decode_strictly({"upstream": {"url": "http://a"}}, ServiceSpec)

    assert ("http://a", []) == (value.upstream.url, found)


def test_every_mistake_is_named_with_its_own_index():
    """Taking one element out does not shift the names of those after it."""
    found = mistakes({"hosts": ["A", "ok", "B", 3], "upstream": {"url": "http://a"}})

    assert ["spec.hosts[0]", "spec.hosts[2]", "spec.hosts[3]"] == [field for field, _ in found]


def test_a_typo_is_answered_with_the_name_that_was_meant():
    """Unknown fields and unknown words both."""
    found = dict(mistakes({"upstrem": {}, "upstream": {"url": "http://a"}, "encodedSlashes": "keep"}))

    assert "did you mean upstream?" in found["spec.upstrem"]
    assert "did you mean Keep?" in found["spec.encodedSlashes"]


def test_a_list_emptied_by_its_mistakes_is_not_called_too_short():
    """Only what the user wrote is a mistake."""
    found = mistakes({"upstream": {"endpoints": [{"address": "a", "port": 0}]}})

    assert [("spec.upstream.endpoints[0].port", "must be an integer >= 1")] == found


@pytest.mark.parametrize("spec", [None, 3, "x", [], True])
def test_a_spec_that_is_no_mapping_is_a_mistake(spec):
    """Whatever YAML can hold in its place."""
    assert ["spec"] == [field for field, _ in mistakes(spec)]


def test_a_number_where_text_belongs_asks_for_quotes():
    """The commonest mistake of YAML has its way out in the message."""
    found = mistakes({"serviceRef": {"name": "a"}, "paths": [{"type": "Exact", "value": 1}]}, RouteSpec)

    assert [("spec.paths[0].value", "must be a text, not an integer; put it in quotes")] == found


def test_the_number_of_mistakes_is_bounded():
    """A thousand mistakes are not a thousand messages."""
    assert MISTAKES_MAX == len(mistakes({"hosts": [1] * 60, "upstream": {}, **{f"x{i}": 1 for i in range(60)}}))


NAMES = st.sampled_from(["upstream", "url", "hosts", "auth", "jwt", "from", "header", "tls", "endpoints", "port", "x"])
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(TREES)
def test_no_tree_makes_it_raise(tree):
    """Anything that YAML can hold gives a value or messages."""
    decode_strictly(tree, ServiceSpec)
