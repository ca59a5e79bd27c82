"""Where a token is in a request, and how it is taken out."""

from __future__ import annotations

import pytest

from postern_core.snapshot import TokenSource
from postern_dataplane.decision.extracted_token import RepeatedToken, TokenFound
from postern_dataplane.decision.token_extraction import (
    PROTOCOL,
    elements_without,
    extract_token,
    query_without,
    without_scheme,
)
from postern_dataplane.request.field_layout import taken_apart

PLACES = (
    TokenSource(kind="header", name="authorization"),
    TokenSource(kind="query", name="jwt"),
    TokenSource(kind="cookie", name="jwt"),
)


def found(*fields, query=None, places=PLACES):
    headers = tuple((name.encode(), value.encode("latin-1")) for name, value in fields)
    token = extract_token(places, *taken_apart(headers), query)
    return token.text if isinstance(token, TokenFound) else token and RepeatedToken


@pytest.mark.parametrize(
    "value",
    ["t", "Bearer t", "bearer t", "BEARER t", "bEaReR    t", "  Bearer t  ", "\tBearer t\t", "Bearer  t "],
)
def test_a_bearer_scheme_is_taken_off(value):
    """In any case and with any number of spaces; a bare token is accepted."""
    assert "t" == found(("authorization", value))


@pytest.mark.parametrize("value", ["", " ", "\t", "Bearer", "bearer ", "Bearer   "])
def test_an_empty_value_is_no_token(value):
    """An empty value is no token, and neither is the scheme alone."""
    assert found(("authorization", value)) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Basic t", "Basic t"),
        ("Bearert", "Bearert"),
        ("Bearer\tt", "Bearer\tt"),
        ("Bearer: t", "Bearer: t"),
        ("Bearer,t", "Bearer,t"),
        ("Bearer Bearer t", "Bearer t"),
        ("Bearer t, Bearer u", "t, Bearer u"),
        ("Basic x Bearer t", "Basic x Bearer t"),
        ("Bearer \xa0t", "\xa0t"),
    ],
)
def test_whatever_else_there_is_is_a_credential(value, expected):
    """Any other value is a bad token, unless it has three segments of base64url."""
    assert expected == without_scheme(value)
    assert expected == found(("authorization", value))


TOKEN_SCHEME = (TokenSource(kind="header", name="authorization", scheme="Token"),)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Token t", "t"), ("TOKEN  t", "t"), ("t", "t"), ("Token", None), ("Bearer t", "Bearer t"),
        ("Tokens t", "Tokens t"), ("Token Bearer t", "Bearer t"), ("Toke", "Toke"),
    ],
)  # fmt: skip
def test_another_scheme_is_taken_off_in_its_place(value, expected):
    """Where a header has a scheme of its own, Bearer is as any other word there."""
    assert expected == found(("Authorization", value), places=TOKEN_SCHEME)


PROTOCOL_PLACE = (TokenSource(kind="protocol", name="jwt."),)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["jwt.a.b.c"], "a.b.c"),
        (["chat,\t jwt.a.b.c \t, other"], "a.b.c"),
        (["chat", "jwt.t"], "t"),
        (["chat, jwt."], None),
        (["chat"], None),
        (["xjwt.t, JWT.t, jwt"], None),
        (["chat jwt.t"], None),
        (["jwt.t, jwt.t"], RepeatedToken),
        (["jwt.t", "jwt."], RepeatedToken),
    ],
)
def test_a_protocol_of_a_websocket_is_a_place(lines, expected):
    """The one that begins with the place's name, in whichever of the lines; two of them are refused."""
    assert expected == found(*(("Sec-WebSocket-Protocol", line) for line in lines), places=PROTOCOL_PLACE)


@pytest.mark.parametrize(
    ("line", "left"),
    [
        (b"chat, jwt.t", b"chat"),
        (b"jwt.t, chat", b"chat"),
        (b"a,jwt.t ,b", b"a,b"),
        (b"jwt.t", None),
        (b"jwt.", None),
        (b"a,  b", b"a,  b"),
        (b"a, jwt.t, bearer.u", b"a"),
    ],
)
def test_a_protocol_is_taken_out(line, left):
    """The others stay as they were."""
    assert left == elements_without(PROTOCOL, frozenset({b"jwt.", b"bearer."}), line)


@pytest.mark.parametrize("name", ["Authorization", "AUTHORIZATION", "authorization"])
def test_a_header_is_found_in_any_case(name):
    """RFC 9110, section 5.1."""
    assert "t" == found((name, "t"))


@pytest.mark.parametrize("name", ["X_Token", "X.Token", "X-Token-", "X-Toke"])
def test_another_header_is_another_place(name):
    """What a server behind may take for the same is no place for a token."""
    assert found((name, "t"), places=(TokenSource(kind="header", name="x-token"),)) is None


@pytest.mark.parametrize("values", [("t", "t"), ("t", "u"), ("", "t"), ("Bearer", "t")])
def test_two_lines_of_a_header_are_refused(values):
    """Whatever is in them, and however they are spelled."""
    assert RepeatedToken is found(("Authorization", values[0]), ("AUTHORIZATION", values[1]))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("jwt=t", "t"),
        ("a=1&jwt=t&b", "t"),
        ("%6Awt=t", "t"),
        ("%6a%77%74=t", "t"),
        ("jwt=%74", "t"),
        ("jwt=t%2Eu", "t.u"),
        ("jwt=a=b", "a=b"),
        ("jwt=a+b", "a+b"),
        ("jwt=Bearer%20t", "Bearer t"),
        ("jwt=%2574", "%74"),
        ("jwt=%ff", "\xff"),
        ("jwt=\udcff", "\xff"),
    ],
)
def test_a_query_parameter_is_found(query, expected):
    """Name and value are percent-decoded once, and `+` is itself."""
    assert expected == found(query=query)


@pytest.mark.parametrize(
    "query", [None, "", "&", "jwt", "jwt=", "JWT=t", "xjwt=t", "jwt%20=t", "%256Awt=t", "a=1;jwt=t", "jwt[]=t", "%=t"]
)
def test_another_query_parameter_is_not(query):
    """Names are compared whole and as they are; an empty value is none."""
    assert found(query=query) is None


@pytest.mark.parametrize("query", ["jwt=t&jwt=t", "jwt=t&%6awt=u", "jwt&jwt=t", "jwt=&jwt=t", "jwt=t&a&jwt"])
def test_a_query_parameter_twice_is_refused(query):
    """Somebody behind might read the other one."""
    assert RepeatedToken is found(query=query)


@pytest.mark.parametrize("query", ["cl\u00e9=t", "cl%C3%A9=t", "cl%c3%a9=t"])
def test_a_parameter_may_have_any_name(query):
    """As UTF-8."""
    assert "t" == found(query=query, places=(TokenSource(kind="query", name="cl\u00e9"),))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("jwt=t", "t"),
        ("a=1; jwt=t; b=2", "t"),
        ("a=1;jwt=t", "t"),
        ("a=1;\t jwt = t ", "t"),
        ('jwt="t"', "t"),
        ('jwt="t', '"t'),
        ('jwt="', '"'),
        ("jwt=a=b", "a=b"),
        ("jwt=%74", "%74"),
        ("a=1, jwt=t; jwt=u", "u"),
    ],
)
def test_a_cookie_is_found(line, expected):
    """A token is found in a cookie, also in double quotes; nothing is decoded."""
    assert expected == found(("Cookie", line))


@pytest.mark.parametrize("line", ["", ";", "jwt", "jwt=", 'jwt=""', "JWT=t", "xjwt=t", "jwtx=t", "$jwt=t", "a, jwt=t"])
def test_another_cookie_is_not(line):
    """Names of cookies are compared in their case."""
    assert found(("Cookie", line)) is None


@pytest.mark.parametrize("lines", [("jwt=t; jwt=t",), ("jwt=t", "jwt=u"), ("jwt", "jwt=t"), ("jwt=;jwt=t",)])
def test_a_cookie_twice_is_refused(lines):
    """On one line or on several."""
    assert RepeatedToken is found(*(("cookie", line) for line in lines))


def test_a_cookie_may_be_on_any_line():
    """Clients may split the field (RFC 9113, section 8.2.3), and proxies pass that on."""
    assert "t" == found(("Cookie", "a=1"), ("COOKIE", "jwt=t"))


@pytest.mark.parametrize(
    ("header", "query", "cookie", "expected"),
    [
        ("a", "jwt=b", "jwt=c", "a"),
        ("Bearer", "jwt=b", "jwt=c", "b"),
        ("", "jwt=", "jwt=c", "c"),
        ("Basic x", "jwt=b", "jwt=c", "Basic x"),
        ("a", "jwt=b&jwt=b", "jwt=c", "a"),
        ("", "jwt=b&jwt=b", "jwt=c", RepeatedToken),
        ("", "", "", None),
    ],
)
def test_the_first_place_that_holds_a_value_decides(header, query, cookie, expected):
    """The first place with a value decides, also with a bad token; later places are not read."""
    assert expected == found(("Authorization", header), ("Cookie", cookie), query=query)


def test_the_order_of_places_is_the_policy_s():
    """Not that of the request."""
    assert "c" == found(("Authorization", "a"), ("Cookie", "jwt=c"), places=PLACES[::-1])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("jwt=t", None),
        ("a=1&jwt=t", "a=1"),
        ("jwt=t&a=1", "a=1"),
        ("a&jwt=t&&b=%2f+;", "a&&b=%2f+;"),
        ("%6awt=t&a", "a"),
        ("jwt=t&jwt=u&jwt", None),
        ("jwt=t&", ""),
        ("a=jwt&xjwt=1&jwtx=2", "a=jwt&xjwt=1&jwtx=2"),
        ("", ""),
        ("&&", "&&"),
        ("a=\udcff&jwt=t", "a=\udcff"),
    ],
)
def test_a_parameter_is_taken_out_and_the_rest_stays(query, expected):
    """Byte for byte."""
    assert expected == query_without(frozenset({"jwt"}), query)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"jwt=t", None),
        (b"jwt=t;", None),
        (b"jwt=t; jwt=u", None),
        (b"jwt=t; a=1", b"a=1"),
        (b"a=1; jwt=t", b"a=1"),
        (b"a=1; jwt=t; b=2", b"a=1; b=2"),
        (b"a=1;jwt=t;b=2", b"a=1;b=2"),
        (b'a="x  y" ;  jwt="t" ; b=\xff', b'a="x  y" ; b=\xff'),
        (b"jwt", None),
        (b"xjwt=1; JWT=2; jwtx", b"xjwt=1; JWT=2; jwtx"),
        (b"", b""),
    ],
)
def test_a_cookie_is_taken_out_and_its_neighbours_stay(line, expected):
    """Byte for byte, with the separators between them."""
    assert expected == elements_without(b"cookie", frozenset({b"jwt"}), line)
