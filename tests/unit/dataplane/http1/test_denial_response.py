"""Denials as HTTP/1.1 responses."""

from __future__ import annotations

import json

import pytest

from postern_dataplane.http1.denial_response import _prepared as module_cache
from postern_dataplane.http1.denial_response import denial_response
from postern_dataplane.request import denials as module
from postern_dataplane.request.denials import (
    CORS_PREFLIGHT,
    INVALID_TOKEN,
    METHOD_NOT_ALLOWED,
    MISSING_TOKEN,
    NO_ROUTE,
    REDIRECTED_TO_HTTPS,
    Denial,
)

ALL = [denial for denial in vars(module).values() if isinstance(denial, Denial)] + list(INVALID_TOKEN.values())
ALL.remove(CORS_PREFLIGHT)
DATE = b"Thu, 01 Jan 2030 00:00:00 GMT"


@pytest.mark.parametrize("denial", ALL, ids=lambda denial: denial.reason)
def test_an_answer_is_a_whole_message(denial):
    """JSON with one member, of the length that it says."""
    top, _, body = denial_response(denial, DATE, close=False).partition(b"\r\n\r\n")
    assert {"message": denial.message} == json.loads(body)
    assert [b"Content-Type: application/json", b"Content-Length: %d" % len(body)] == top.split(b"\r\n")[2:4]
    assert top.startswith(b"HTTP/1.1 %d " % denial.status)


def test_a_preflight_gets_a_head_alone():
    """A 204 has no body, and MUST NOT have a Content-Length (RFC 9110, section 8.6)."""
    answer = denial_response(CORS_PREFLIGHT, DATE, ((b"Vary", b"Origin"),), close=False)
    assert b"HTTP/1.1 204 No Content\r\nDate: %b\r\nVary: Origin\r\n\r\n" % DATE == answer


def test_fields_of_cors_stand_beside_those_of_the_denial():
    """Fields of CORS are one answer's own: they do not stay with the denial that the next one shares."""
    cors = ((b"Access-Control-Allow-Origin", b"https://a.example"), (b"Vary", b"Origin"))
    answer = denial_response(NO_ROUTE, DATE, cors, close=True)
    assert b"\r\nAccess-Control-Allow-Origin: https://a.example\r\nVary: Origin\r\nConnection: close\r\n\r\n" in answer
    assert b"Access-Control" not in denial_response(NO_ROUTE, DATE, close=True)


def test_the_two_bodies_of_401():
    """Byte for byte, because clients compare them."""
    missing, invalid = (denial_response(it, DATE, close=False) for it in (MISSING_TOKEN, INVALID_TOKEN["expired"]))
    assert missing.endswith(b'\r\n\r\n{"message":"Missing JWT token in request"}')
    assert invalid.endswith(b'\r\n\r\n{"message":"JWT token invalid"}')


def test_a_client_can_not_tell_why_its_token_was_refused():
    """The reason is for the log."""
    assert 1 == len({denial_response(denial, DATE, close=False) for denial in INVALID_TOKEN.values()})


def test_a_challenge_is_added():
    """Adding a challenge changes nothing else of a denial."""
    denial = MISSING_TOKEN.with_challenge('Bearer realm="a"')
    assert b'WWW-Authenticate: Bearer realm="a"\r\n' in denial_response(denial, DATE, close=False)
    assert (MISSING_TOKEN.reason, MISSING_TOKEN.message) == (denial.reason, denial.message)


def test_a_method_that_is_refused_says_which_are_not():
    """RFC 9110, section 15.5.6: a 405 MUST have Allow."""
    assert b"\r\nAllow: GET, HEAD," in denial_response(METHOD_NOT_ALLOWED, DATE, close=True)


@pytest.mark.parametrize(("close", "expected"), [(True, True), (False, False)])
def test_a_connection_that_ends_says_so(close, expected):
    """A denial that ends the connection differs by `Connection: close` alone."""
    assert expected == (b"\r\nConnection: close\r\n" in denial_response(NO_ROUTE, DATE, close=close))


def test_an_answer_to_head_has_no_body():
    """The answer to HEAD has no body, but the body's length."""
    answer = denial_response(NO_ROUTE, DATE, close=False, bodyless=True)
    assert answer.endswith(b"\r\n\r\n")
    assert b"Content-Length: 33\r\n" in answer


def test_a_place_to_ask_instead_is_added():
    """Adding a location changes nothing else of a denial."""
    denial = REDIRECTED_TO_HTTPS.with_location("https://a.test/")
    assert b"\r\nLocation: https://a.test/\r\n" in denial_response(denial, DATE, close=False)
    assert REDIRECTED_TO_HTTPS == denial.with_location("")


def test_a_response_is_prepared_once():
    """Equal denials share their bytes, and a redirect, which is one request's own, is not remembered."""
    known = module_cache.cache_info().currsize
    for denial in (NO_ROUTE, NO_ROUTE.with_challenge(""), REDIRECTED_TO_HTTPS.with_location("https://a.test/")):
        denial_response(denial, DATE, close=False)
    assert known + 1 >= module_cache.cache_info().currsize
