"""The credentials that a request's tokens may be about."""

from __future__ import annotations

import pytest

from installation import signed
from postern_cli.explanation.credential_hints import keys_named_in
from postern_cli.explanation.request import written_request

URL = "http://app.example.com/v1"


@pytest.fixture(scope="module")
def made():
    return signed(b"k", "alice")


def test_a_token_may_be_anywhere(made):
    """Which places count is a policy's affair, and not known yet."""
    wanted = frozenset({"alice"})
    for url, headers in (
        (URL, [f"Authorization: Bearer {made}"]),
        (f"{URL}?jwt={made}", []),
        (URL, [f"Cookie: a={made}"]),
    ):
        assert wanted == keys_named_in(written_request("GET", url, headers).read())


def test_what_is_no_token_names_nobody():
    """Words, and what only looks like a token, name no credential."""
    assert frozenset() == keys_named_in(written_request("GET", URL, ["X-A: a.b.c", "X-B: words"]).read())
