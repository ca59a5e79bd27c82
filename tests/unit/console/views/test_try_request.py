"""An answer as a page shows it: bounded, as text, and without secrets."""

from __future__ import annotations

import pytest

from postern_cli.explanation.redaction import REDACTED, Redaction
from postern_console.send_request import Answer
from postern_console.views.try_request import BODY_CHARACTERS_MAX, shown_answer

TOKEN = "opaque-token"


def shown(body=b"", fields=(), is_whole=True):
    return shown_answer(Answer(200, "OK", fields, body, is_whole), Redaction(()), TOKEN)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"a\r\n\tb\x1b[2J", "a\n\\tb\\x1b[2J"),
        (b"\xff\x00", "(2 bytes that are no text)"),
        (b'{"token": "opaque-token"}', f'{{"token": "{REDACTED}"}}'),
        (b"eyJhbGciOiJIUzI1NiJ9.eyJ9.x", REDACTED),
        (b"", ""),
    ],
)
def test_a_body_is_text_without_tokens(body, text):
    """An application that answers with what it was sent does not put a token on the page."""
    assert text == shown(body)["body"]


def test_a_long_body_is_cut():
    """After what is secret was left out: half a token is not shown, either."""
    body = b"x" * (BODY_CHARACTERS_MAX - 5) + TOKEN.encode() * 9
    text = shown(body)["body"]
    assert (True, False) == (text.endswith("(the rest is left out)"), "opaque" in text)


def test_a_body_that_was_cut_within_a_character_is_text():
    """As far as it came."""
    assert shown("é".encode()[:1], is_whole=False)["body"].startswith("\ufffd")


def test_cookies_of_an_answer_are_not_shown():
    """They are often a session."""
    fields = (("Set-Cookie", "sid=s3cret; Path=/"), ("Authorization", "s3cret"), ("X-A", "b"))
    assert ["Set-Cookie: sid=<redacted>; Path=/", "Authorization: <redacted>", "X-A: b"] == shown(fields=fields)[
        "fields"
    ]
