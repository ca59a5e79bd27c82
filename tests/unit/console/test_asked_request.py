"""A token, and a request with it, as a form has them."""

from __future__ import annotations

import pytest

from postern_console.asked_request import AskedRequest, asked_of


def test_an_empty_form_asks_for_nothing():
    """What is missing has its default."""
    assert AskedRequest() == asked_of({})


@pytest.mark.parametrize("text", ["a.b.c", " a.b.c\n", "Bearer a.b.c", "bearer  a.b.c "])
def test_a_token_is_pasted_with_its_scheme_or_without(text):
    """One copies the whole header."""
    assert "a.b.c" == asked_of({"token": text}).token


@pytest.mark.parametrize(
    ("place", "url", "headers"),
    [
        ("header", "http://a/?b#c", ("X: y", "Authorization: Bearer t")),
        ("query", "http://a/?b&jwt=t#c", ("X: y",)),
        ("cookie", "http://a/?b#c", ("X: y", "Cookie: jwt=t")),
        ("none", "http://a/?b#c", ("X: y",)),
    ],
)
def test_the_token_is_put_where_it_belongs(place, url, headers):
    """The rest of the request stays as it was typed."""
    asked = asked_of({"token": "t", "url": "http://a/?b#c", "headers": "X: y\r\n\r\n", "place": place, "method": "put"})
    assert ("PUT", url, headers) == asked.written()


def test_a_request_without_a_query_gets_one():
    """The token is its first parameter."""
    assert "http://a/?jwt=t" == asked_of({"token": "t", "url": "http://a/", "place": "query"}).written()[1]


def test_what_may_hold_a_token_is_not_shown_again():
    """A page has the token, the headers and the query only once."""
    asked = asked_of({"token": "t", "url": "http://a/?jwt=t", "headers": "X: t"})
    assert AskedRequest(url="http://a/") == asked.without_token
