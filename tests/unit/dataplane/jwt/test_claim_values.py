"""Claims by name or path, compared and written into headers."""

from __future__ import annotations

import pytest

from postern_core.snapshot_claims import ClaimMatch, ForwardClaim
from postern_dataplane.jwt.claim_values import ClaimHeader, ClaimTest, claim_at


def holds(value, name="scope", any_of=("read", "all"), **fields):
    return ClaimTest(ClaimMatch(name=name, any_of=any_of, **fields)).holds({name: value})


@pytest.mark.parametrize("value", ["read", "write read", " read ", ["x", "read"], ["read", 5]])
def test_a_word_or_an_element_matches(value):
    """The scope is split at spaces, a list by definition."""
    assert holds(value)


@pytest.mark.parametrize(
    "value", [None, "", "Read", "reader", "read,all", "read\tall", ["read all"], [["read"]], {"read": 1}, 5, True]
)
def test_nothing_else_matches(value):
    """A claim in another case, a part of a word and a key of an object do not match."""
    assert not holds(value)


def test_a_claim_that_is_not_there_matches_nothing():
    """Fail closed."""
    assert not ClaimTest(ClaimMatch(name="scope", any_of=("read",))).holds({})


def test_a_policy_that_asks_for_no_value_is_never_met():
    """No compiler writes one, and it must open nothing."""
    assert not holds("read", any_of=())


@pytest.mark.parametrize(("name", "expected"), [("scope", True), ("scp", True), ("title", False)])
def test_only_lists_by_definition_are_split_at_spaces(name, expected):
    """An `admin assistant` by title is no admin."""
    assert expected == holds("admin assistant", name=name, any_of=("admin",))


@pytest.mark.parametrize("name", ["scope", "department"])
def test_a_text_with_a_space_is_compared_whole(name):
    """A text with a space compared whole as well as by words for the claims that are lists by definition (scope)."""
    assert holds("Human Resources", name=name, any_of=("Human Resources",))


@pytest.mark.parametrize(
    ("value", "wanted"), [(True, "true"), (18, "18"), (18.0, "18"), ("true", "true"), ([False, 2], "2")]
)
def test_booleans_and_numbers_match_by_value(value, wanted):
    """`anyOf: [true]` and `anyOf: ["true"]` both take a token with `email_verified: true`."""
    assert holds(value, any_of=(wanted,))


@pytest.mark.parametrize(
    ("value", "expected"),
    [("read write", True), (["write", "read", "x"], True), ("read", False), (["read"], False), (None, False)],
)
def test_all_values_are_held(value, expected):
    """`allOf` asks for each of them, in a text of words or in a list."""
    assert expected == holds(value, any_of=(), all_of=("read", "write"))


CLAIMS = {
    "realm_access": {"roles": ["admin"]},
    "https://example.com/roles": ["editor"],
    "a.b": 1,
    "a": {"b": 2},
    "list": [{"b": 3}],
    "none": None,
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("realm_access", "roles"), ["admin"]),
        (("https://example.com/roles",), ["editor"]),
        (("a.b",), 1),
        (("a", "b"), 2),
        (("a", "b", "c"), None),
        (("list", "b"), None),
        (("list", "0"), None),
        (("none", "x"), None),
        (("missing", "x"), None),
    ],
)
def test_a_path_leads_to_members_of_objects(path, expected):
    """Claims by path, where names with dots and URLs as names stay possible."""
    assert expected == claim_at(path, CLAIMS)


def test_the_scope_of_an_inner_object_is_not_split():
    """RFC 8693 defines the claim of that name at the top."""
    inner = ClaimTest(ClaimMatch(name="", any_of=("read",), path=("act", "scope")))
    assert not inner.holds({"act": {"scope": "read write"}})


def header(value, **fields):
    return ClaimHeader(ForwardClaim(claim="a", header="x-a", **fields)).value({"a": value})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("u-1", "u-1"),
        ("a b~!", "a b~!"),
        (True, "true"),
        (18, "18"),
        (-1.5, "-1.5"),
        pytest.param(10**4000, None, id="beyond floats"),
        ("", None),
        (" admin", None),
        ("admin ", None),
        (" ", None),
        ("a\r\nX-Admin: 1", None),
        ("a\x00", None),
        ("a\x7f", None),
        ("Zo\u00eb", None),
        ("\ud800", None),
        (None, None),
        (["a"], None),
        ({"a": 1}, None),
    ],
)
def test_scalars_in_printable_ascii_are_forwarded(value, expected):
    """Everything else stays out, and no header is ever empty."""
    assert expected == header(value)


@pytest.mark.parametrize(
    ("value", "join", "expected"),
    [
        (["a", "b"], ",", "a,b"),
        (["a", 5, True], ", ", "a, 5, true"),
        ("a", ",", "a"),
        ([], ",", None),
        ([""], ",", None),
        (["a", ""], ",", None),
        (["a", ["b"]], ",", None),
        (["a", None], ",", None),
        (["a,b", "c"], ",", None),
        (["a", " admin"], ",", None),
        (["admin ", "a"], ";", None),
        (["a,b", "c"], ", ", None),
        ("a,b", ",", None),
        (["a-", "b"], "--", None),
        (["Zo\u00eb", "b"], ",", None),
        pytest.param(["a"] * 256, ",", ",".join("a" * 256), id="many"),
        pytest.param(["a"] * 257, ",", None, id="too many"),
    ],
)
def test_a_list_is_joined_where_its_elements_can_be_told_apart(value, join, expected):
    """A member of the group `x,admin` must not pass for a member of admin."""
    assert expected == header(value, join=join)


@pytest.mark.parametrize(
    ("value", "encoding", "expected"),
    [
        ("Zo\u00eb K.", "Percent", "Zo%C3%AB%20K."),
        ("100%", "Percent", "100%25"),
        ("a\r\n", "Percent", "a%0D%0A"),
        ("Zo\u00eb", "Base64", "Wm/Dqw=="),
        (True, "Base64", "dHJ1ZQ=="),
        (" a", "Percent", "%20a"),
        ("\ud800", "Percent", None),
        ("\ud800", "Base64", None),
        ("", "Base64", None),
    ],
)
def test_values_outside_ascii_go_by_a_stated_encoding(value, encoding, expected):
    """The application can undo it without guessing."""
    assert expected == header(value, encoding=encoding)


def test_elements_are_encoded_one_by_one():
    """What stands between them is never within one."""
    assert "a%2Cb,Zo%C3%AB" == header(["a,b", "Zo\u00eb"], join=",", encoding="Percent")
