"""How a client calls a Route."""

from __future__ import annotations

import shlex

import pytest

import manifests
from postern_console.calls import Call, call_of, curl_line
from postern_core.ref import Ref
from postern_core.resources.token_place import TokenPlace


def called(folder, *documents):
    folder.write(*documents)
    state = folder.state()
    return call_of(state.objects[Ref("Route", "default", "all")], state)


def test_a_route_is_called_below_the_prefix_of_its_service(folder):
    """By its first method, host and path, with the token where its policy looks first."""
    service = manifests.service(hosts=["*.example.com"], pathPrefix="/v1", auth={"jwt": {"from": [{"cookie": "t"}]}})
    paths = [{"type": "Regex", "value": "/[0-9]"}, {"type": "Prefix", "value": "/a"}]
    call = called(folder, service, manifests.route(methods=["PUT"], paths=paths))
    assert Call("PUT", "any.example.com", "/v1/a", TokenPlace(cookie="t")) == call
    assert "http://any.example.com/v1/a" == call.url


def test_a_public_route_has_no_place_for_a_token(folder):
    """Its own auth replaces the Service's."""
    service = manifests.service(hosts=[], auth={"jwt": {}})
    call = called(folder, service, manifests.route(auth={"jwt": {"mode": "Disabled"}}))
    assert Call("GET", "app.example.com", "/", None) == call


@pytest.mark.parametrize("route", [manifests.route(), manifests.route(methods=1)])
def test_a_route_that_leads_nowhere_is_not_called(folder, route):
    """Its Service is missing, or it can't be read."""
    assert called(folder, route) is None


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (TokenPlace(header="Authorization"), "Authorization: Bearer t"),
        (TokenPlace(header="Authorization", scheme="Token"), "Authorization: Token t"),
        (TokenPlace(header="X-Token"), "X-Token: t"),
        (TokenPlace(cookie="jwt"), "Cookie: jwt=t"),
        (TokenPlace(web_socket_protocol="bearer."), "Sec-WebSocket-Protocol: bearer.t"),
        (None, "Authorization: Bearer t"),
    ],
)
def test_a_command_puts_the_token_into_its_place(place, expected):
    """Each word is quoted, so that a shell takes it for one."""
    words = shlex.split(curl_line(Call("POST", "a'b", "/x", place), "t", "http://127.0.0.1:80/"))
    assert [
        "curl",
        "--request",
        "POST",
        "http://127.0.0.1:80/x",
        "--header",
        "Host: a'b",
        "--header",
        expected,
    ] == words


def test_a_token_may_be_in_the_query():
    """The name is escaped."""
    line = curl_line(Call("GET", "a", "/x", TokenPlace(query="a b")), "t")
    assert ["curl", "http://127.0.0.1:8080/x?a%20b=t", "--header", "Host: a"] == shlex.split(line)
