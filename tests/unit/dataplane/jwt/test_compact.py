"""The structure of a token: one reading, or none."""

from __future__ import annotations

import json
import time

import pytest

from postern_dataplane.jwt.compact import DEPTH_MAX, TOKEN_BYTES_MAX, MalformedToken, read_token
from tokens import encode

HEADER = encode(b'{"alg":"HS256"}')
CLAIMS = encode(b"{}")


def with_payload(payload):
    return f"{HEADER}.{encode(payload)}.AAAA"


def with_header(header):
    return f"{encode(json.dumps(header).encode())}.{CLAIMS}.AAAA"


def test_a_token_is_taken_apart():
    """Header, claims, what was signed, and the signature's bytes."""
    token = read_token(f'{encode(b"""{"alg":"HS256","kid":"k"}""")}.{encode(b"""{"key":"a"}""")}.AAAA')
    assert ({"alg": "HS256", "kid": "k"}, {"key": "a"}, b"\0\0\0", "k") == (
        token.header, token.claims, token.signature, token.kid,
    )  # fmt: skip
    assert b"eyJhbGciOiJIUzI1NiIsImtpZCI6ImsifQ.eyJrZXkiOiJhIn0" == token.signing_input


@pytest.mark.parametrize("text", [f"{HEADER}.{CLAIMS}.AAAA", f"{HEADER}.{CLAIMS}."])
def test_a_signature_may_be_of_any_length(text):
    """Whether it verifies is for a key to say; no key is known here."""
    assert {} == read_token(text).claims


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        f"{HEADER}.{CLAIMS}",
        f".{CLAIMS}.AAAA",
        f"{HEADER}..AAAA",
        f"{HEADER}.{CLAIMS}.AAAA.AAAA",
        f"{HEADER}.{CLAIMS}.AAAA.AAAA.AAAA",
        f"{HEADER}.{CLAIMS}.AA==",
        f"{HEADER}.{CLAIMS}.AAA+",
        f"{HEADER}.{CLAIMS}.AAA/",
        f"{HEADER}.{CLAIMS}.A",
        f"{HEADER}.{CLAIMS}.AB",
        f"{HEADER}.{CLAIMS}.AAB",
        f"{HEADER}.{CLAIMS}.AAAA\n",
        f" {HEADER}.{CLAIMS}.AAAA",
        f"{HEADER}.{CLAIMS}.AAA\u00e9",
        f"{HEADER}.{CLAIMS}.AAA\u0661",
        f"{HEADER}.{CLAIMS}.\x00",
        f"Bearer {HEADER}.{CLAIMS}.AAAA",
    ],
)
def test_what_is_not_three_segments_of_strict_base64url_is_malformed(text):
    """No padding, no other alphabet, no stray bits, no character beside."""
    with pytest.raises(MalformedToken):
        read_token(text)


@pytest.mark.parametrize(
    "payload",
    [
        b"null",
        b"[]",
        b'"a"',
        b"1",
        b"{",
        b"{}{}",
        b"{} x",
        b"{'a':1}",
        b'{"a":1,}',
        b"\xef\xbb\xbf{}",
        '{"a":1}'.encode("utf-16"),
        '{"a":1}'.encode("utf-16-le"),
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\n"}',
        b'{"a":1,"a":1}',
        b'{"a":1,"\\u0061":2}',
        b'{"b":[{"a":1,"a":2}]}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":1e400}',
        b'{"a":-1e400}',
        b'{"a":01}',
        b'{"a":+1}',
        b'{"a":.5}',
        '{"a":\u0661}'.encode(),
        b'{"a":' + b"9" * 10_000 + b"}",
    ],
)
def test_what_is_not_one_json_object_is_malformed(payload):
    """In UTF-8, each member once, every number a finite one."""
    with pytest.raises(MalformedToken):
        read_token(with_payload(payload))


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b' {"a" : -0} \n', {"a": 0}),
        (b'{"a":1.5e2}', {"a": 150.0}),
        (b'{"a":"\\ud800"}', {"a": "\ud800"}),
        ('{"a":"\u00e9"}'.encode(), {"a": "\u00e9"}),
        (b'{"a":' + b"9" * 400 + b"}", {"a": int("9" * 400)}),
        (b'{"":null}', {"": None}),
    ],
)
def test_odd_json_is_json(payload, expected):
    """What a claim means is not looked at here."""
    assert expected == read_token(with_payload(payload)).claims


@pytest.mark.parametrize("header", [{}, {"alg": None}, {"alg": 5}, {"alg": ["HS256"]}])
def test_an_algorithm_is_a_text(header):
    """A token that doesn't say how it is signed is none."""
    with pytest.raises(MalformedToken):
        read_token(with_header(header))


@pytest.mark.parametrize("kid", [None, 5, True, ["k"], {"k": 1}])
def test_a_kid_is_a_text(kid):
    """A kid is a string, or missing."""
    with pytest.raises(MalformedToken):
        read_token(with_header({"alg": "HS256", "kid": kid}))


def test_a_token_without_kid_has_none():
    """All live keys are tried then."""
    assert read_token(with_header({"alg": "HS256"})).kid is None


def nested(depth):
    return b'{"a":' * (depth - 1) + b"{}" + b"}" * (depth - 1)


def test_nesting_has_a_limit():
    """It is taken up to there."""
    assert read_token(with_payload(nested(DEPTH_MAX)))
    with pytest.raises(MalformedToken, match="nested"):
        read_token(with_payload(nested(DEPTH_MAX + 1)))


def test_brackets_that_lie_side_by_side_are_not_deep():
    """Brackets side by side are not nested, and neither are those within a string."""
    payload = {"a": [[]] * 40, "b": "[" * 40 + '"{'}
    assert payload == read_token(with_payload(json.dumps(payload).encode())).claims


@pytest.mark.parametrize("unit", [b"[", b'"[', b'[\\"', b'{"a":', b'"\\'])
def test_a_hostile_payload_takes_no_time(unit):
    """Twelve kilobytes of whatever makes a scanner go back are refused in less than a moment."""
    text = with_payload(unit * (12_000 // len(unit)))
    began = time.process_time()
    with pytest.raises(MalformedToken):
        read_token(text)
    assert time.process_time() - began < 0.5


def test_a_token_has_a_size():
    """Beyond it nothing is decoded."""
    fits = f"{HEADER}.{CLAIMS}."
    fits += "A" * ((TOKEN_BYTES_MAX - len(fits)) // 4 * 4)
    assert read_token(fits)
    with pytest.raises(MalformedToken, match="longer"):
        read_token(fits + "A" * 400)


def test_a_message_never_quotes_the_token():
    """It may get into a log."""
    with pytest.raises(MalformedToken) as refused:
        read_token(with_payload(b'{"secret":1,"secret":2}'))
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_header_that_tokens_share_cannot_be_changed():
    """What is read of one token is what the next one has."""
    header = read_token(with_header({"alg": "HS256"})).header
    with pytest.raises(TypeError):
        header["alg"] = "none"
