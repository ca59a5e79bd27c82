"""Long lists: search, and pages of fifty."""

from __future__ import annotations

import pytest

from postern_console.paging import Query, matches, page_of, query_of


@pytest.mark.parametrize(
    ("text", "expected"), [("", True), ("alice", True), ("ALICE demo", True), ("alice prod", False), ("a.*", False)]
)
def test_each_word_of_a_search_must_occur(text, expected):
    """In any of the texts, in any case; a word is no pattern."""
    assert expected == matches(Query(text), ["demo/alice", "readers"])


@pytest.mark.parametrize(
    ("text", "number"), [("", 1), ("2", 2), ("x", 1), ("-1", 1), ("²", 1), ("0", 1), ("9" * 20, 3), ("9" * 5000, 3)]
)
def test_a_page_that_is_not_there_is_the_nearest(text, number):
    """An address may be anything."""
    page = page_of(range(101), query_of("", "", text))
    assert (number, 3, 101) == (page.number, page.pages, page.total)


def test_pages_lead_to_each_other_and_keep_the_search():
    """What was searched for is not lost."""
    page = page_of(range(150), query_of(" a&b ", "findings", "2"))
    assert (50, 99) == (page.items[0], page.items[-1])
    assert ("?q=a%26b&only=findings", "?q=a%26b&only=findings&page=3") == (page.before, page.after)


def test_one_page_has_no_neighbours():
    """A list that fits on one page, and an empty one, lead nowhere."""
    assert ("", "") == (page_of([1], Query()).before, page_of([], Query()).after)
