"""What may be printed of a request."""

from __future__ import annotations

import pytest

from postern_cli.explanation.redaction import Redaction
from postern_core.snapshot import Policy, TokenSource

POLICY = Policy(
    id="p",
    namespace="demo",
    places=(
        TokenSource("header", "x-token", "Token"),
        TokenSource("query", "access_token"),
        TokenSource("protocol", "t."),
    ),
)
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJrZXkiOiJhIn0.c2lnbmF0dXJl"


@pytest.fixture
def redaction():
    return Redaction([POLICY], "a-token-of-no-shape")


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", f"Bearer {TOKEN}", "Bearer <redacted>"),
        ("authorization", "s3cret s3cret", "<redacted>"),
        ("Proxy-Authorization", "Basic czpz", "Basic <redacted>"),
        ("X-Token", "s3cret", "<redacted>"),
        ("Cookie", "jwt=s3cret; theme=dark;s3cret", "jwt=<redacted>; theme=<redacted>;<redacted>"),
        ("X-Token", "Token s3cret", "Token <redacted>"),
        ("Sec-WebSocket-Protocol", "chat, t.s3cret,other", "chat,t.<redacted>,other"),
        ("X-Other", f"see {TOKEN}", "see <redacted>"),
        ("X-Other", "a-token-of-no-shape", "<redacted>"),
        ("X-Consumer-Username", "alice", "alice"),
        ("X-Other", "a\x1b[2Jb", "a\\x1b[2Jb"),
    ],
)
def test_a_header_is_shown_without_secrets(redaction, name, value, shown):
    """Where a token may be, nothing is shown; elsewhere what is none."""
    assert shown == redaction.header(name, value)


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("/a?b=c", "/a?b=c"),
        ("/a", "/a"),
        ("/a?access_token=s3cret&b=c", "/a?access_token=<redacted>&b=c"),
        ("/a?b=c&acces%73_token=s3cret", "/a?b=c&acces%73_token=<redacted>"),
        ("/a?jwt=s3cret", "/a?jwt=<redacted>"),
        (f"/{TOKEN}/b?c={TOKEN}", "/<redacted>/b?c=<redacted>"),
        ("/a?jwt", "/a?jwt"),
    ],
)
def test_a_target_is_shown_without_secrets(redaction, target, shown):
    """The token's parameter in every spelling, and what looks like a token anywhere."""
    assert shown == redaction.target(target)


def test_a_head_is_shown_line_by_line(redaction):
    """The blank line at its end is not."""
    head = b"GET /?jwt=s3cret HTTP/1.1\r\nHost: a\r\nX-Token: s3cret\r\n\r\n"
    assert ["GET /?jwt=<redacted> HTTP/1.1", "Host: a", "X-Token: <redacted>"] == redaction.head(head)


def test_a_short_token_hides_nothing_else():
    """`a` as a token must not take every a out of the text."""
    assert "a banana" == Redaction([], "a").text("a banana")
