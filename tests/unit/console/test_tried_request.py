"""A request to be sent: the bytes of what was typed, the token where the Route's policy looks for it."""

from __future__ import annotations

import click
import pytest

from postern_console.calls import Call
from postern_console.tried_request import TriedRequest, tried_request_of
from postern_core.resources.token_place import TokenPlace

CALL = Call("GET", "app.example.com", "/v1", TokenPlace(header="Authorization"))


def sent(form, place=None):
    call = Call(CALL.method, CALL.host, CALL.path, place or CALL.place)
    return tried_request_of(form, call).written(call).content.decode()


def test_an_empty_form_is_the_call_of_the_route():
    """Without a token; the connection ends with the answer."""
    assert "GET /v1 HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n\r\n" == sent({})


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (None, "Authorization: Bearer x.y.z"),
        (TokenPlace(query="jwt"), "GET /v1?jwt=x.y.z "),
        (TokenPlace(cookie="session"), "Cookie: session=x.y.z"),
        (TokenPlace(web_socket_protocol="bearer."), "Sec-WebSocket-Protocol: bearer.x.y.z"),
    ],
)
def test_the_token_is_where_the_policy_looks_first(place, expected):
    """A word in front of it that was copied with it is not part of it."""
    assert expected in sent({"token": " Bearer x.y.z "}, place)


def test_what_was_typed_is_sent():
    """A body has its length."""
    text = sent({"method": "POST", "host": "b.example.com", "path": "v2?a=1", "headers": "X-A: b\r\n\r\n", "body": "é"})
    assert text.startswith("POST /v2?a=1 HTTP/1.1\r\nHost: b.example.com\r\nX-A: b\r\nContent-Length: 2\r\n")


@pytest.mark.parametrize(
    "form",
    [
        {"path": "/x\r\nX-Evil: 1"},
        {"host": "a\nb"},
        {"host": "user@b.example.com"},
        {"method": "G T"},
        {"headers": "no header"},
        {"token": "x\r\nX-Evil: 1"},
    ],
)
def test_what_would_be_another_request_is_refused(form):
    """A line break within a field would end it early."""
    with pytest.raises(click.UsageError):
        sent(form)


def test_what_a_page_shows_again_has_no_secret():
    """Headers, queries and bodies may hold tokens, too; the representation has none of them."""
    tried = TriedRequest("s3cret", "GET", "h", "/p?jwt=s3cret", ("X: s3cret",), "s3cret")
    assert TriedRequest("", "GET", "h", "/p") == tried.without_secrets
    assert "TriedRequest(method='GET', host='h', path='/p')" == repr(tried.without_secrets)
