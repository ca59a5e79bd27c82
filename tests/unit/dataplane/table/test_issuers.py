"""The rows of token issuers: which key verifies, and who calls."""

from __future__ import annotations

import pytest

from postern_core.snapshot import Consumer, Policy
from postern_core.snapshot_issuers import IssuerKey, TokenIssuer
from postern_dataplane.table.issuers import CompiledIssuer, issuers_of


def issuer(**fields):
    """A row of an issuer whose callers are anyone."""
    given = {"id": "TokenIssuer/a/idp", "namespace": "a", "name": "idp", "issuer": "https://idp", "name_from": ("sub",)}
    return CompiledIssuer(TokenIssuer(**(given | fields)), None)


def key(id_=None, algorithms=("RS256",)):
    """A key; its material is read only when a token needs it."""
    return IssuerKey(material="-", algorithms=algorithms, id=id_)


def policy(*ids):
    """A policy that names issuers."""
    return Policy(id="Service/a/s", namespace="a", places=(), token_issuers=ids)


def test_a_key_is_found_by_its_algorithm_and_its_kid():
    """One kid may be that of two keys, of different types."""
    row = issuer(keys=(key("one"), key("one", ("ES256",)), key("two")))

    assert {"RS256", "ES256"} == set(row.keys)
    assert [1, 1, 2] == [len(row.keys["RS256"]["one"]), len(row.keys["ES256"]["one"]), len(row.keys["RS256"][None])]


def test_no_secret_is_ever_made_of_a_public_key():
    """No algorithm of an issuer is an HMAC, whatever a token says."""
    assert not [name for name in issuer(keys=(key(), key(None, ("EdDSA",)))).keys if name.startswith("HS")]


def test_both_names_of_an_edwards_curve_find_its_key():
    """RFC 9864: a token may say EdDSA or the curve."""
    assert {"EdDSA", "Ed25519", "Ed448"} == set(issuer(keys=(key(None, ("EdDSA",)),)).keys)


def test_a_caller_has_the_name_of_its_issuer_in_front():
    """No value of a claim is the name of a Consumer, which has no colon."""
    caller = issuer(groups_from=("roles",)).caller({"sub": "alice", "roles": ["admin", "two words", "a,b", 1, "admin"]})

    assert ("a", "idp:alice", ("idp:admin",)) == (caller.namespace, caller.name, caller.groups)


def test_a_scope_is_a_list_of_words():
    """RFC 8693, section 4.2."""
    assert ("idp:read", "idp:write") == issuer(groups_from=("scope",)).caller(
        {"sub": "a", "scope": "read write"}
    ).groups


def test_a_name_that_no_header_can_carry_is_none():
    """The token is refused then, and no header is left out in silence."""
    names = ["", " a", "a\n", "é", None, 1, ["a"], {"a": 1}, "a" * 257]
    assert [None] * len(names) == [issuer().caller({"sub": name}) for name in names]
    assert issuer().caller({"sub": "a" * 256}) is not None


def test_a_long_group_counts_as_none():
    """A token has room for one of kilobytes, which each log line and each request upstream would have."""
    caller = issuer(groups_from=("roles",)).caller({"sub": "a", "roles": ["b" * 257, "c" * 256]})
    assert (f"idp:{'c' * 256}",) == caller.groups


def test_a_long_list_of_groups_is_cut():
    """A header of more would be refused upstream."""
    roles = [f"r{number}" for number in range(1000)]
    assert 256 == len(issuer(groups_from=("roles",)).caller({"sub": "a", "roles": roles}).groups)


def test_every_token_is_the_consumer_that_the_issuer_names():
    """What the token says of its subject does not matter."""
    consumer = Consumer(id="Consumer/a/partner", namespace="a", name="partner")
    row = CompiledIssuer(TokenIssuer(id="i", namespace="a", name="i", issuer="i", consumer=consumer.id), consumer)

    assert consumer is row.caller({"sub": "alice"})


def test_a_policy_without_issuers_looks_at_none():
    """An empty mapping would refuse all of its tokens."""
    assert issuers_of(policy(), {}) is None


def test_an_issuer_that_is_not_there_is_left_out():
    """Its tokens are refused, and no other issuer's keys are tried."""
    row = issuer()
    assert {"https://idp": row} == issuers_of(policy("TokenIssuer/a/idp", "TokenIssuer/a/gone"), {row.entry.id: row})
    assert {} == issuers_of(policy("TokenIssuer/a/gone"), {})


@pytest.mark.parametrize(("namespace", "name"), [("a", b"partner"), ("b", b"a/partner"), ("c", b"a/partner")])
def test_the_identity_of_an_issuer_s_consumer_is_made_once(namespace, name):
    """Each of its tokens has the same headers, in its own namespace and in every other."""
    consumer = Consumer(id="Consumer/a/partner", namespace="a", name="partner")
    row = CompiledIssuer(TokenIssuer(id="i", namespace="a", name="i", issuer="i", consumer=consumer.id), consumer)
    identity = row.identity(consumer, namespace)

    assert identity.lines.startswith(b"X-Consumer-Username: %b\r\n" % name)
    assert identity is row.identity(consumer, namespace)


def test_callers_of_tokens_leave_nothing_behind():
    """A million people cost an issuer's row no memory."""
    row = issuer()
    names = {row.identity(row.caller({"sub": f"u{number}"}), "a").consumer for number in range(1_000)}
    assert (1_000, {}) == (len(names), row._identities)
