"""One search finds in a query and in a Cookie line what taking them apart does."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from hypothesis import given
from hypothesis import strategies as st

from postern_core.snapshot import TokenSource
from postern_dataplane.decision.extracted_token import RepeatedToken, TokenFound
from postern_dataplane.decision.token_extraction import (
    COOKIE,
    elements_without,
    extract_token,
    is_parameter,
    query_without,
    without_scheme,
)
from postern_dataplane.request.field_layout import taken_apart

NAMES = st.sampled_from(["a", "ab", "a%", "a%41", "=", "\u00e9", "a.b", "aa"])
PIECES = ["a", "b", "&", "=", "%61", "%", "%41", "%25", "%3D", "%26", "\u00e9", "%C3%A9", "%c3\udca9", ".", "xb", "%2e"]
QUERIES = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
COOKIE_NAMES = st.sampled_from([b"a", b"ab", b"a.b", b"aa"])
LINES = st.lists(
    st.sampled_from([b"a", b"b", b";", b"=", b" ", b"\t", b'"', b".", b"x"]), max_size=12
).map(b"".join)  # fmt: skip


def token(values, source):
    if len(values) > 1:
        return RepeatedToken(source)
    return TokenFound(values[0], source) if values and values[0] else None


HEADER_NAMES = st.sampled_from([b"X-Token", b"x-token", b"X-TOKEN", b"X_Token", b"X-Toke", b"x-token "])
VALUES = st.sampled_from([b"", b" ", b"Bearer", b"Bearer ", b"bEARER  a", b" \tBearer a\t ", b"Bearera", b"a"])
HEADERS = st.lists(st.tuples(HEADER_NAMES | st.binary(), VALUES | st.binary()), max_size=5).map(tuple)


@given(HEADERS, st.sampled_from(["Bearer", "bearer", "JWT", ""]))
def test_a_header_is_found_as_by_going_through_the_fields(fields, scheme):
    """Its value without white space and scheme, or that there are two, though both were empty."""
    texts = [value.decode("latin-1").strip(" \t") for name, value in fields if name.lower() == b"x-token"]
    source = TokenSource(kind="header", name="x-token", scheme=scheme)
    values = [without_scheme(text, scheme) for text in texts]
    assert token(values, source) == extract_token((source,), *taken_apart(fields), None)


@given(NAMES, QUERIES)
def test_a_parameter_is_found_as_by_taking_the_query_apart(name, query):
    """Its value, or that there are two."""
    pairs = [segment.partition("=") for segment in query.split("&")] if query else []
    values = [
        unquote_to_bytes(value.encode("utf-8", "surrogateescape")).decode("latin-1")
        for key, _, value in pairs
        if is_parameter(key, name)
    ]
    source = TokenSource(kind="query", name=name)
    assert token(values, source) == extract_token((source,), *taken_apart(()), query)


@given(st.sets(NAMES, max_size=3), QUERIES)
def test_parameters_are_taken_out_as_by_taking_the_query_apart(names, query):
    """Every other byte as it was."""
    segments = query.split("&")
    kept = [it for it in segments if not any(is_parameter(it.partition("=")[0], name) for name in names)]
    assert ("&".join(kept) if kept else None) == query_without(frozenset(names), query)


@given(COOKIE_NAMES, st.lists(LINES, max_size=3))
def test_a_cookie_is_found_as_by_taking_the_lines_apart(name, lines):
    """Its value without white space and quotes, or that there are two."""
    pairs = [pair.partition(b"=") for line in lines for pair in line.split(b";")]
    values = [value.strip(b" \t").decode() for key, _, value in pairs if key.strip(b" \t") == name]
    values = [it[1:-1] if len(it) >= 2 and it[0] == it[-1] == '"' else it for it in values]
    fields = tuple((b"Cookie", line) for line in lines)
    source = TokenSource(kind="cookie", name=name.decode())
    assert token(values, source) == extract_token((source,), *taken_apart(fields), None)


@given(st.sets(COOKIE_NAMES, max_size=3), LINES)
def test_cookies_are_taken_out_as_by_taking_the_line_apart(names, line):
    """Every other byte as it was, but for the space before what is now the first."""
    pairs = line.split(b";")
    kept = [pair for pair in pairs if pair.partition(b"=")[0].strip(b" \t") not in names]
    if kept and kept[0] is not pairs[0]:
        kept[0] = kept[0].lstrip(b" \t")
    left = b";".join(kept)
    expected = line if len(kept) == len(pairs) else left if left.strip(b" \t") else None
    assert expected == elements_without(COOKIE, frozenset(names), line)
