"""What the access log takes from a good token."""

from __future__ import annotations

import pytest

from postern_dataplane.jwt.logged_claims import LoggedClaims
from postern_dataplane.request.logged_token import LoggedToken

CLAIMS = {
    "iss": "https://issuer.example",
    "sub": "alice",
    "https://app.example/roles": ["a", "é\n"],
    "realm_access": {"roles": ["admin"], "a/b": {"~": 1.5}},
    "admin": True,
    "nothing": None,
    "long": "x" * 9999,
    "many": list(range(9999)),
    "half": "\ud800",
}


def logged(*names, claims=CLAIMS):
    return LoggedClaims(names).of("demo/alice", claims).claims


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sub", "alice"),
        ("https://app.example/roles", '["a","\\u00e9\\n"]'),
        ("/realm_access/roles", '["admin"]'),
        ("/realm_access/a~1b/~0", "1.5"),
        ("/sub", "alice"),
        ("admin", "true"),
        ("long", "x" * 256),
        ("half", "\ud800"),
    ],
)
def test_a_claim_is_logged_by_its_name_or_its_pointer(name, text):
    """A text is shown as it is, anything else as JSON, and none longer than 256 characters."""
    assert {name: text} == logged(name)


@pytest.mark.parametrize("name", ["absent", "nothing", "/sub/name", "/realm_access/absent", "/many/0", "/", "//"])
def test_a_claim_that_is_not_there_is_left_out(name):
    """A pointer leads through objects only."""
    assert {} == logged(name)


def test_a_list_is_cut():
    """A claim can hold as many elements as fit into a token."""
    assert 256 == len(logged("many")["many"])


@pytest.mark.parametrize(
    ("issuer", "shown"), [("https://a", "https://a"), (["a"], ""), (None, ""), ("i" * 999, "i" * 256)]
)
def test_an_issuer_is_a_text(issuer, shown):
    """What is no text is no issuer."""
    assert LoggedToken("demo/alice", shown, {}) == LoggedClaims().of("demo/alice", {"iss": issuer})


@pytest.mark.parametrize("count", [0, 8])
def test_no_token_has_more_in_the_log_than_was_said(count):
    """The longest texts, of characters that take most memory, with the longest name of a credential."""
    names = [f"claim{number}" for number in range(count)]
    logged = LoggedClaims(names)
    token = logged.of("c" * 317, dict.fromkeys([*names, "iss"], "𐀀" * 1000))
    assert 1_000 * (count + 1) < token.size_bytes <= logged.size_bytes_max
