"""The request head as the upstream gets it."""

from __future__ import annotations

import pytest

from heads import PROTECTED, bearer, head, protected, sent, signed, table
from manifests import route, service

OPEN = table(service(), route())
PROXIED = table(service(), route(), trusted=("192.0.2.0/24",))
FORWARDED = [
    ("X-Forwarded-For", "192.0.2.1"),
    ("X-Forwarded-Proto", "http"),
    ("X-Forwarded-Host", "app.example.com"),
    ("X-Forwarded-Port", "80"),
]
HOST = ("Host", "127.0.0.1:18080")


def fields(table_, *lines, **more):
    """What goes upstream, without the upstream's own Host."""
    found = sent(table_, head(more.pop("target", "/"), *lines, **more))[1]
    assert HOST == found[0]
    return found[1:]


def kept(*lines, table_=OPEN):
    """Those of the client's lines that go on."""
    return [line for line in fields(table_, *lines) if line not in FORWARDED]


def test_a_plain_head_is_written():
    """Our own fields are in it, and nothing else."""
    assert FORWARDED == fields(OPEN)


def test_everything_else_goes_on_as_it_came():
    """In its order, its case and its bytes."""
    lines = [("accept", "*/*"), ("X-a", " \xff\x80 "), ("X-A", ""), ("X_B", "1"), ("Cookie", "a=1"), ("cookie", "b")]
    assert lines == kept(*lines)


@pytest.mark.parametrize(
    "name",
    ["X-Consumer-Username", "x-consumer-custom-id", "X_Consumer_Groups", "x.credential.identifier",
     "X-Anonymous_Consumer", "X!CONSUMER~USERNAME", "x-consumer|username"],
)  # fmt: skip
@pytest.mark.parametrize("table_", [OPEN, PROXIED], ids=["stranger", "proxy"])
def test_who_calls_is_said_by_the_gateway_alone(name, table_):
    """On an open route too, in every spelling, whoever sends it."""
    assert [] == kept((name, "root"), table_=table_)


@pytest.mark.parametrize("name", ["X-User", "x_user", "X.User", "x*user"])
@pytest.mark.parametrize("path", ["/open", "/"])
def test_forwarded_claims_are_said_by_the_gateway_alone(name, path):
    """On every route of the service."""
    policy = {"mode": "Optional", "forwardClaims": [{"claim": "sub", "header": "X-User"}]}
    guarded = route(auth={"jwt": policy})
    public = route("open", paths=[{"type": "Exact", "value": "/open"}])
    assert (name, "root") not in fields(table(service(), guarded, public), (name, "root"), target=path)


def test_our_values_win_over_the_client_s():
    """The gateway's values replace the client's, also when Connection names the fields."""
    table_ = protected(forwardClaims=[{"claim": "sub", "header": "X-User"}])
    lines = [("Connection", "X-Consumer-Username, X-User, X-Forwarded-For, Host"), ("X-User", "root")]
    assert [
        *FORWARDED,
        ("X-Consumer-Username", "alice"),
        ("X-Credential-Identifier", "alice"),
        ("x-user", "u"),
    ] == fields(table_, *lines, ("X-Consumer-Username", "root"), bearer(signed(sub="u")))[1:]


@pytest.mark.parametrize(
    "name",
    ["Connection", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding",
     "transfer_encoding", "Content_Length", "Upgrade", "content.length"],
)  # fmt: skip
def test_fields_of_one_connection_end_here(name):
    """In every spelling, because a server behind may frame by it."""
    assert [] == kept((name, "x"))


@pytest.mark.parametrize(
    "value",
    ["X-Secret", "close, x-secret", "x-secret ,close", "\tX-SECRET\t", "X_Secret", ",,x-secret", "upgrade,x-secret"],
)
def test_fields_that_connection_names_end_here(value):
    """RFC 9110, section 7.6.1."""
    assert [("X-Kept", "1")] == kept(("Connection", value), ("X-Secret", "1"), ("X-Kept", "1"))


def test_every_connection_line_counts():
    """The usual one beside an odd one."""
    assert [] == kept(("Connection", "keep-alive"), ("connection", "x-a"), ("X-A", "1"))


@pytest.mark.parametrize(
    "name",
    ["Forwarded", "X-Real-IP", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port",
     "x_forwarded_for", "X-Forwarded-Prefix", "X-Forwarded-User", "x.real.ip"],
)  # fmt: skip
def test_a_stranger_says_nothing_of_its_client(name):
    """Whatever begins so."""
    assert FORWARDED == fields(OPEN, (name, "10.0.0.1"))


def test_a_trusted_proxy_s_word_stays():
    """Its list of addresses gets its own at the end."""
    said = [
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Port", "443"),
        ("Forwarded", "for=a"),
        ("X-Forwarded-User", "u"),
    ]
    lists = [("X-Forwarded-For", "10.0.0.1, 10.0.0.2"), ("x-forwarded-for", "10.0.0.3")]
    assert [
        *said,
        ("X-Forwarded-For", "10.0.0.1, 10.0.0.2, 10.0.0.3, 192.0.2.1"),
        ("X-Forwarded-Host", "app.example.com"),
    ] == fields(PROXIED, *said, *lists)


@pytest.mark.parametrize(
    "name", ["X_Forwarded_For", "X.Forwarded.Proto", "x-forwarded_host", "X_Real_IP", "X_Forwarded_User"]
)
def test_a_trusted_proxy_s_client_says_nothing_in_another_spelling(name):
    """The proxy sets its own field, and may have let this one pass."""
    assert FORWARDED == fields(PROXIED, (name, "10.0.0.1"))


def test_a_trusted_proxy_s_client_unsays_nothing():
    """Connection may have come through; what the proxy says stands."""
    lines = [
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-For", "10.0.0.1"),
        ("Connection", "X-Forwarded-Proto, X-Forwarded-For"),
    ]
    found = fields(PROXIED, *lines)
    assert ("X-Forwarded-Proto", "https") in found
    assert ("X-Forwarded-For", "10.0.0.1, 192.0.2.1") in found
    assert ("X-Forwarded-Proto", "http") not in found


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"content_length": 5}, [("Content-Length", "5")]),
        ({"content_length": 0}, [("Content-Length", "0")]),
        ({"chunked": True}, [("Transfer-Encoding", "chunked")]),
        ({"is_websocket": True}, [("Connection", "Upgrade"), ("Upgrade", "websocket")]),
        ({}, []),
    ],
)
def test_framing_is_said_by_the_gateway(more, expected):
    """From what the parser found, not from what the client wrote."""
    lines = [("Content-Length", "99"), ("Transfer-Encoding", "gzip"), ("Connection", "content-length, upgrade")]
    assert FORWARDED + expected == fields(OPEN, *lines, **more)


def test_tls_is_told():
    """By its scheme."""
    assert ("X-Forwarded-Proto", "https") in fields(OPEN, is_tls=True)


def test_the_client_s_host_goes_on_where_it_is_wanted():
    """As the client wrote it; an absolute target's wins."""
    table_ = table(service(upstream={"url": "http://127.0.0.1:18080", "hostHeader": "Client"}), route())
    found = [sent(table_, head(target, host="App.Example.com:80"))[1][0] for target in ("/", "http://APP.example.com/")]
    assert [("Host", "App.Example.com:80"), ("Host", "APP.example.com")] == found


@pytest.mark.parametrize(
    ("prefix", "base", "target", "expected"),
    [
        ("/", "", "/", "/"),
        ("/", "", "/a?b", "/a?b"),
        ("/v1", "", "/v1", "/"),
        ("/v1", "", "/v1/", "/"),
        ("/v1", "", "/v1//x/./y", "/x/y"),
        ("/v1", "", "/v1//", "/"),
        ("/v1", "", "//v1//..//v1//x", "/x"),
        ("/v1", "/base", "/v1", "/base"),
        ("/v1", "/base", "/v1?a", "/base?a"),
        ("/v1", "/base", "/v1/", "/base/"),
        ("/v1", "/base", "/v1/x?", "/base/x?"),
        ("/v1", "/base/", "/v1", "/base/"),
        ("/v1", "/base/", "/v1/x", "/base/x"),
        ("/v1", "", "http://app.example.com/v1/x", "/x"),
    ],
)
def test_a_path_goes_on_in_the_form_in_which_it_was_matched(prefix, base, target, expected):
    """Without the service's prefix, and never with `//` in front.

    A `pathPrefix` that is asked exactly, with an upstream URL that has a path, adds no slash.
    """
    table_ = table(service(pathPrefix=prefix, upstream={"url": f"http://127.0.0.1:18080{base}"}), route())
    assert expected == sent(table_, head(target))[0]


def test_a_token_is_taken_out_of_every_place():
    """A token is removed from every place, also from unread ones, and every other byte stays."""
    table_ = protected(stripCredentials=True)
    lines = [bearer(signed()), ("Cookie", "a=1; jwt=u; b"), ("cookie", "jwt=v"), ("X-Authorization", "w")]
    target, found = sent(table_, head("/?a=%2f&jwt=t&b", *lines))
    assert "/?a=%2f&b" == target
    assert [("Cookie", "a=1; b"), ("X-Authorization", "w")] == found[1:3]
    assert 9 == len(found)


def test_a_token_is_taken_out_of_a_header_of_one_s_own():
    """A token is removed from a header of the policy's own, and Authorization, which is no place then, stays."""
    table_ = protected(stripCredentials=True, **{"from": [{"header": "X-Token"}]})
    found = sent(table_, head("/", ("x-TOKEN", signed()), ("Authorization", "Basic x")))[1]
    assert [HOST, ("Authorization", "Basic x"), *FORWARDED, ("X-Consumer-Username", "alice")] == found[:7]


def test_a_token_stays_where_nobody_asks_to_strip_it():
    """As it came."""
    line = bearer(signed())
    assert line in fields(table(*PROTECTED), line)
