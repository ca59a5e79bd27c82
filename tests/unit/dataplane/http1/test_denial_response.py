"""Denials as HTTP/1.1 responses."""

from __future__ import annotations

import json

import pytest

from postern_dataplane.http1.denial_response import CHALLENGE_CHARS_MAX, denial_response
from postern_dataplane.http1.denial_response import _prepared as module_cache
from postern_dataplane.request import denials as module
from postern_dataplane.request.denials import (
    CORS_PREFLIGHT,
    INVALID_TOKEN,
    METHOD_NOT_ALLOWED,
    MISSING_TOKEN,
    NO_ROUTE,
    PROTECTED_RESOURCE,
    REDIRECTED_TO_HTTPS,
    Denial,
)
from postern_dataplane.request.own_responses import OwnResponses, content

ALL = [denial for denial in vars(module).values() if isinstance(denial, Denial)] + list(INVALID_TOKEN.values())
ALL.remove(CORS_PREFLIGHT)
ALL.remove(PROTECTED_RESOURCE)
OWN = OwnResponses({401: content("text/html", b"<p>")}, is_problem_details=True)
DATE = b"Thu, 01 Jan 2030 00:00:00 GMT"


@pytest.mark.parametrize("denial", ALL, ids=lambda denial: denial.reason)
def test_an_answer_is_a_whole_message(denial):
    """JSON with one member, of the length that it says."""
    top, _, body = denial_response(denial, DATE, close=False).partition(b"\r\n\r\n")
    assert {"message": denial.message} == json.loads(body)
    assert [b"Content-Type: application/json", b"Content-Length: %d" % len(body)] == top.split(b"\r\n")[2:4]
    assert top.startswith(b"HTTP/1.1 %d " % denial.status)


@pytest.mark.parametrize("denial", ALL, ids=lambda denial: denial.reason)
def test_an_answer_is_one_message_whatever_it_holds(denial):
    """A body that looks like another response is within the length, and no field comes twice, nor a body after HEAD."""
    smuggled = content('text/html; charset="a;b"', "é\r\n\r\nHTTP/1.1 200 OK\r\n\r\nx".encode())
    own = OwnResponses({denial.status: smuggled}, is_problem_details=True)
    cors = ((b"Access-Control-Allow-Origin", b"*"), (b"Vary", b"Origin"))
    for close, bodyless in ((False, False), (False, True), (True, False), (True, True)):
        answer = denial_response(denial, DATE, cors, own, close=close, bodyless=bodyless)
        top, _, body = answer.partition(b"\r\n\r\n")
        names = [line.partition(b":")[0].lower() for line in top.split(b"\r\n")[1:]]
        assert (len(names), body) == (len(set(names)), b"" if bodyless else smuggled.body)
        assert b"Content-Length: %d" % len(smuggled.body) in top.split(b"\r\n")


def test_a_preflight_gets_a_head_alone():
    """A 204 has no body, and MUST NOT have a Content-Length (RFC 9110, section 8.6)."""
    answer = denial_response(CORS_PREFLIGHT, DATE, ((b"Vary", b"Origin"),), close=False)
    assert b"HTTP/1.1 204 No Content\r\nDate: %b\r\nVary: Origin\r\n\r\n" % DATE == answer


def test_a_document_is_the_body_whatever_bodies_a_route_has():
    """It is no refusal, and what is prepared of one document is not kept: there may be one for each host."""
    known = module_cache.cache_info().currsize
    answer = denial_response(PROTECTED_RESOURCE.with_document(b'{"a":1}'), DATE, None, OWN, close=False)
    top, _, body = answer.partition(b"\r\n\r\n")
    assert b'{"a":1}' == body
    assert b"\r\nContent-Type: application/json\r\nContent-Length: 7\r\nCache-Control: private, max-age=300" in top
    assert known == module_cache.cache_info().currsize


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


def test_long_challenges_are_not_remembered():
    """Those of a resource with many scopes name the host and its port, which are strangers' words."""
    known = module_cache.cache_info().currsize
    for port in range(100):
        denial_response(MISSING_TOKEN.with_challenge(f"{'s' * CHALLENGE_CHARS_MAX}{port}"), DATE, close=False)
    assert known == module_cache.cache_info().currsize


def test_own_content_stands_in_place_of_the_usual_one():
    """The fields that do not describe the body stay: the challenge, those of CORS, and the end of the connection."""
    denial = MISSING_TOKEN.with_challenge("Bearer")
    answer = denial_response(denial, DATE, ((b"Vary", b"Origin"),), OWN, close=True)
    assert (
        b"HTTP/1.1 401 Unauthorized\r\nDate: %b\r\nContent-Type: text/html\r\nContent-Length: 3\r\n"
        b"WWW-Authenticate: Bearer\r\nVary: Origin\r\nConnection: close\r\n\r\n<p>" % DATE
    ) == answer
    assert answer.removesuffix(b"<p>") == denial_response(
        denial, DATE, ((b"Vary", b"Origin"),), OWN, close=True, bodyless=True
    )


@pytest.mark.parametrize("denial", [denial for denial in ALL if denial.status >= 400])
def test_each_refusal_may_be_a_problem_document(denial):
    """Whatever the status is, also one that gets no body of one's own; a redirect is no problem (RFC 9457)."""
    top, _, body = denial_response(denial, DATE, None, OWN, close=False).partition(b"\r\n\r\n")
    is_own = denial.status == 401
    assert b"\r\nContent-Type: %b\r\n" % (b"text/html" if is_own else b"application/problem+json") in top + b"\r\n"
    assert b"\r\nContent-Length: %d" % len(body) in top
    assert (1, 1) == (top.count(b"Content-Type"), top.count(b"Content-Length"))


def test_a_preflight_has_no_content_of_ones_own():
    """The answer to a preflight is the same whatever the route's responses are."""
    assert denial_response(CORS_PREFLIGHT, DATE, close=False) == denial_response(
        CORS_PREFLIGHT, DATE, None, OWN, close=False
    )


def test_bodies_of_routes_are_not_remembered():
    """A flood of refusals of routes that each have bodies of their own leaves memory as it is."""
    denial_response(MISSING_TOKEN, DATE, close=False)
    known = module_cache.cache_info().currsize
    for number in range(2_000):
        own = OwnResponses({401: content("text/plain", b"%d" % number)}, is_problem_details=False)
        assert b"%d" % number in denial_response(MISSING_TOKEN, DATE, None, own, close=False)
    assert known == module_cache.cache_info().currsize
