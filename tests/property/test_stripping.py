"""A token is taken out, and every other byte stays as it came."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from hypothesis import assume, example, given
from hypothesis import strategies as st

from heads import bearer, head, protected, sent, signed
from postern_core.snapshot import TokenSource
from postern_dataplane.decision.extracted_token import TokenFound
from postern_dataplane.decision.token_extraction import COOKIE, elements_without, extract_token, query_without
from postern_dataplane.request.field_layout import taken_apart

TOKEN = signed()
STRIPPING = protected(stripCredentials=True)
SEGMENTS = st.one_of(
    st.sampled_from(
        ["jwt", "jwt=", "jwt=t", "%6awt=t", "j%77t", "xjwt=1", "jwtx", "JWT=t", "", "=", "a=jwt", "%", "a=%2f"]
    ),
    st.text("abjwt=%6;+\u00e9\udcff", max_size=6),
)
PAIRS = st.one_of(
    st.sampled_from(
        [b"jwt=t", b" jwt=t", b"jwt", b" jwt = t ", b'jwt="t"', b"xjwt=1", b"JWT=t", b"", b" ", b" a=1", b"b=jwt"]
    ),
    st.binary(max_size=5).map(lambda it: it.translate(None, b";\r\n")),
)


def is_token_parameter(segment):
    return unquote_to_bytes(segment.partition("=")[0].encode("utf-8", "surrogateescape")) == b"jwt"


def is_token_cookie(pair):
    return pair.partition(b"=")[0].strip(b" \t") == b"jwt"


@given(st.lists(SEGMENTS, max_size=6).map("&".join))
@example("jwt=t")
@example("a&jwt=t&")
def test_a_query_loses_the_token_s_segments_alone(query):
    """The others stay, in their order, with `&` between them."""
    others = [segment for segment in query.split("&") if not is_token_parameter(segment)]
    assert ("&".join(others) if others else None) == query_without(frozenset({"jwt"}), query)


@given(st.lists(SEGMENTS, max_size=6).map("&".join))
def test_a_stripped_query_holds_no_token(query):
    """Whoever looks for it as we do finds none."""
    left = query_without(frozenset({"jwt"}), query)
    assert extract_token((TokenSource(kind="query", name="jwt"),), *taken_apart(()), left) is None


@given(st.lists(PAIRS, max_size=6).map(b";".join))
@example(b"jwt=t; a=1")
@example(b"a=1; jwt=t; b")
def test_a_cookie_line_loses_the_token_s_pairs_alone(line):
    """The others stay; only the space before what comes to stand first goes."""
    pairs = line.split(b";")
    others = [pair for pair in pairs if not is_token_cookie(pair)]
    left = elements_without(COOKIE, frozenset({b"jwt"}), line)
    if others == pairs:
        assert line == left
    elif not b";".join(others).strip(b" \t"):
        assert left is None
    else:
        expected = b";".join(others)
        assert left == (expected if others[0] is pairs[0] else expected.lstrip(b" \t"))


@given(st.lists(PAIRS, max_size=6).map(b";".join))
def test_a_stripped_cookie_line_holds_no_token(line):
    """Whoever looks for it as we do finds none."""
    left = elements_without(COOKIE, frozenset({b"jwt"}), line)
    fields = ((b"Cookie", left or b""),)
    assert extract_token((TokenSource(kind="cookie", name="jwt"),), *taken_apart(fields), None) is None


@given(st.lists(SEGMENTS, max_size=4), st.lists(PAIRS, max_size=4), st.integers(0, 2), st.booleans())
def test_no_token_goes_upstream(segments, pairs, at, is_in_header):
    """No token goes upstream, be it the one that was verified or one in a later place."""
    query = "&".join(segment for segment in segments if not is_token_parameter(segment))
    pairs = [pair for pair in pairs if not is_token_cookie(pair)]
    pairs.insert(at, b" jwt=" + TOKEN.encode())
    lines = [("Cookie", b";".join(pairs)), *([bearer(TOKEN)] if is_in_header else [])]
    assume(not any(ord(char) < 0x21 for char in query))

    target, fields = sent(STRIPPING, head(f"/?{query}&jwt={TOKEN}", *lines))

    assert (f"/?{query}" if query or segments else "/?").encode("utf-8", "surrogateescape") == target.encode("latin-1")
    assert not any(TOKEN in value for _, value in fields)
    assert "authorization" not in {name.lower() for name, _ in fields}


@given(st.text(max_size=30), st.binary(max_size=30), st.binary(max_size=30))
def test_looking_for_a_token_never_raises(query, authorization, cookie):
    """Whatever the bytes are; and what is found is a text of Latin-1."""
    places = (
        TokenSource(kind="header", name="authorization"),
        TokenSource(kind="query", name="jwt"),
        TokenSource(kind="cookie", name="jwt"),
    )
    fields = ((b"Authorization", authorization), (b"Cookie", cookie))
    found = extract_token(places, *taken_apart(fields), query)
    assert not isinstance(found, TokenFound) or found.text.encode("latin-1")
