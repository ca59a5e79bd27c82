"""Snapshot entries, prepared for requests."""

from __future__ import annotations

import pytest

from postern_core.revocation import digest_of, packed
from postern_core.snapshot import (
    Backend,
    ClaimMatch,
    Consumer,
    Credential,
    Endpoint,
    Key,
    Policy,
    Route,
    TokenSource,
    ValueMatch,
)  # fmt: skip
from postern_dataplane.table.compiled import CompiledPolicy, CompiledRoute, ValueMatcher
from postern_dataplane.table.compiled_credential import CompiledCredential
from postern_dataplane.table.upstream import Upstream

GUEST = Consumer(id="Consumer/n/guest", namespace="n", name="guest", groups=("visitors",))
PLACES = (
    TokenSource(kind="header", name="x-token"),
    TokenSource(kind="query", name="jwt"),
    TokenSource(kind="cookie", name="session"),
)


def policy(**fields):
    return CompiledPolicy(Policy(id="p", namespace="n", places=PLACES, **fields), {GUEST.id: GUEST})


def route(**fields):
    return Route(
        id="Route/n/r", namespace="n", name="r", created="", hosts=("*",), paths=(), backend="", service="", **fields
    )


def test_equal_upstreams_are_one():
    """Whoever keeps connections compares by value."""
    one, other, changed = (
        Upstream(Backend(id="b"), (Endpoint(address=address, port=1),)) for address in ("a", "a", "b")
    )
    assert (True, False, "b") == (one == other, one == changed, one.id)


def test_a_credential_s_keys_are_read_once():
    """When a token first names it."""
    entry = Credential(
        id="c", namespace="n", name="c", created="", consumer=GUEST.id, key="c", algorithm="HS256",
        keys=(Key(material="AAAA", id="one"), Key(material="AAAA")), revoked_jtis=("a", "b"),
        revoked_digests=packed(["c"]),
    )  # fmt: skip
    row = CompiledCredential(entry, GUEST)
    assert ["one", None] == [key.id for key in row.keys]
    assert row.keys is row.keys
    assert {"a", "b"} == row.revoked_jtis
    assert row.revoked_jtis is row.revoked_jtis
    assert digest_of("c") == row.revoked_digests
    assert row.revoked_digests is row.revoked_digests
    # No text has a key, nor does one row have what another remembers.
    assert "CompiledCredential('c')" == repr(row)
    assert row.identity("n") is row.identity("n") is not CompiledCredential(entry, GUEST).identity("n")


@pytest.mark.parametrize(
    ("realm", "expected"), [("postern", '"postern"'), ('a"b', '"a\\"b"'), ("a\\", '"a\\\\"'), ("", '""')]
)
def test_a_challenge_quotes_its_realm(realm, expected):
    """Nothing in it ends the quoted string."""
    row = policy(realm=realm)
    assert f"Bearer realm={expected}" == row.missing.challenge
    assert f'Bearer realm={expected}, error="invalid_token"' == row.denials["expired"].challenge
    assert f'Bearer realm={expected}, error="insufficient_scope"' == row.denials["not_allowed"].challenge


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, None),
        ({"mode": "Optional"}, ""),
        ({"mode": "Permissive"}, ""),
        ({"mode": "Required", "anonymous_consumer": "guest"}, None),
        ({"mode": "Optional", "anonymous_consumer": "guest"}, "guest"),
        ({"mode": "Optional", "anonymous_consumer": "ghost"}, None),
        ({"mode": "Optional", "allow_consumers": ("guest",)}, None),
        ({"mode": "Optional", "allow_groups": ("visitors",)}, None),
        ({"mode": "Optional", "allow_claims": (ClaimMatch(name="a", any_of=("b",)),)}, None),
        ({"mode": "Optional", "anonymous_consumer": "guest", "allow_consumers": ("guest",)}, "guest"),
        ({"mode": "Optional", "anonymous_consumer": "guest", "allow_consumers": ("alice",)}, None),
        ({"mode": "Optional", "anonymous_consumer": "guest", "allow_groups": ("visitors", "a")}, "guest"),
        ({"mode": "Optional", "anonymous_consumer": "guest", "allow_groups": ("n/visitors",)}, None),
        (
            {
                "mode": "Permissive",
                "anonymous_consumer": "guest",
                "allow_claims": (ClaimMatch(name="a", any_of=("b",)),),
            },
            None,
        ),
    ],
)
def test_who_passes_without_a_good_token(fields, expected):
    """Somebody whom `allow` takes like any other, or nobody."""
    anonymous = policy(**fields).anonymous
    assert expected == (anonymous and anonymous.consumer)


@pytest.mark.parametrize(
    ("strips", "expected"), [(False, (set(), set(), {})), (True, ({b"x-token"}, {"jwt"}, {b"cookie": {b"session"}}))]
)
def test_places_are_stripped_where_this_is_asked_for(strips, expected):
    """All of them, or none."""
    row = policy(strip_credentials=strips)
    assert expected == (row.stripped_headers, row.stripped_query, row.stripped_elements)


@pytest.mark.parametrize(
    ("type_", "value", "given", "expected"),
    [
        ("Exact", "a", "a", True),
        ("Exact", "a", "A", False),
        ("Exact", "", "", True),
        ("Exact", "", None, False),
        ("Regex", "a+", "aa", True),
        ("Regex", "a+", "aab", False),
        ("Regex", "a|b", "ab", False),
        ("Regex", ".*", None, False),
        ("Regex", ".*", "", True),
        ("Regex", "a.c", "a\xffc", True),
    ],
)
def test_a_criterion_holds_for_the_whole_value(type_, value, given, expected):
    """What is not there holds nothing."""
    assert expected == ValueMatcher(ValueMatch(name="x", type=type_, value=value)).matches(given)


def test_a_route_is_prepared():
    """Without an upstream it has nothing to send to."""
    row = CompiledRoute(route(methods=("GET",), strip_prefix="/v1/"), None, None)
    assert ("n/r", {"GET"}, 3, "", None) == (row.label, row.methods, row.strip, row.path_prefix, row.authority)


def test_an_upstream_s_own_host_is_prepared():
    """An upstream's own Host and path are prepared."""
    backend = Backend(id="b", host_header="up.example.com:81", path_prefix="/base")
    row = CompiledRoute(route(), None, Upstream(backend, ()))
    assert (b"up.example.com:81", "/base") == (row.authority, row.path_prefix)


def test_what_only_the_gateway_may_say_is_dropped():
    """In canonical form, for strangers more than for proxies."""
    row = CompiledRoute(route(clean_headers=("x_user",)), None, None)
    assert {
        b"x-user",
        b"x-consumer-username",
        b"connection",
        b"content-length",
        b"host",
        b"x-forwarded-for",
    } <= row.removed
    assert {
        b"x-real-ip",
        b"forwarded",
        b"x-forwarded-client-cert",
        b"x-forwarded-for",
        b"x-forwarded-proto",
        b"x-forwarded-host",
        b"x-forwarded-port",
        b"x-forwarded-prefix",
    } == (row.removed_if_untrusted - row.removed | {b"x-forwarded-for"})
    assert b"expect" not in row.removed


def credential(*ids):
    keys = tuple(Key(material="AAAA", id=id_) for id_ in ids)
    entry = Credential(
        id="JWTCredential/n/c", namespace="n", name="c", created="", consumer=GUEST.id, key="c", algorithm="HS256",
        keys=keys,
    )  # fmt: skip
    return CompiledCredential(entry, GUEST)


@pytest.mark.parametrize(
    ("ids", "kid", "expected"),
    [
        (["a", "b"], "a", ["a"]),
        (["a", "a"], "a", ["a", "a"]),
        (["a", "b"], "c", []),
        (["a", None], "a", ["a"]),
        (["a", None], "c", [None]),
        (["a", None], None, ["a", None]),
        ([None], "", [None]),
        (map(str, range(100)), "7", ["7"]),
        (map(str, range(17)), None, []),
        ([None] * 16, "a", [None] * 16),
        ([None] * 17, "a", []),
    ],
)
def test_a_kid_leaves_the_keys_that_may_have_signed(ids, kid, expected):
    """Sixteen at most are tried, for each costs a verification."""
    assert expected == [key.id for key in credential(*ids).keys_for(kid)]
