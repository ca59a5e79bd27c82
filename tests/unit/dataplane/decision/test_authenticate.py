"""Whether a token is good and whose it is; what is remembered of that, and for how long."""

from __future__ import annotations

import base64

import msgspec
import pytest

from heads import NOW_S, signed
from manifests import SECRET
from postern_core.revocation import packed
from postern_core.snapshot import Consumer, Credential, Key, Policy, TokenSource
from postern_core.snapshot_claims import ClaimMatch
from postern_dataplane.decision.authenticate import authenticate, verify
from postern_dataplane.decision.extracted_token import RepeatedToken, TokenFound
from postern_dataplane.decision.verdict import Verified
from postern_dataplane.decision.verification_cache import TOKEN_BYTES_MAX as CACHED_BYTES_MAX
from postern_dataplane.decision.verification_cache import VerificationCache
from postern_dataplane.table.compiled import CompiledPolicy
from postern_dataplane.table.compiled_credential import CompiledCredential

HEADER = TokenSource(kind="header", name="authorization")
OTHER = "fedcba9876543210fedcba9876543210"


def key(secret=SECRET, **fields):
    return Key(material=base64.b64encode(secret.encode()).decode(), **fields)


def row(namespace="default", *keys, groups=(), **fields):
    """alice's credential in a namespace."""
    consumer = Consumer(id=f"Consumer/{namespace}/alice", namespace=namespace, name="alice", groups=groups)
    plain = {"created": "", "key": "alice", "algorithm": "HS256", "keys": keys or (key(),)}
    entry = Credential(
        id=f"JWTCredential/{namespace}/alice", namespace=namespace, name="alice", consumer=consumer.id, **plain | fields
    )
    return CompiledCredential(entry, consumer)


def policy(id_="Route/default/all", **fields):
    return Policy(id=id_, namespace="default", **{"namespaces": ("default",), "places": (HEADER,)} | fields)


def verdict(token, *rows, now_s=NOW_S, **fields):
    """The reason of the refusal, or whose token it is."""
    found = verify(token, CompiledPolicy(policy(**fields), {}), {"alice": rows or (row(),)}, now_s)
    return found.identity.consumer if isinstance(found, Verified) else found.reason


class Gate:
    """One table's cache and credentials, asked again and again."""

    def __init__(self, *rows):
        self.cache = VerificationCache()
        self.credentials = {"alice": rows or (row(),)}

    def ask(self, token, now_s=NOW_S, entry=None):
        policy_row = CompiledPolicy(entry or policy(), {})
        found = TokenFound(token, HEADER) if isinstance(token, str) else token
        denial, identity, self.until = authenticate(policy_row, found, self.credentials, self.cache, now_s=now_s)
        return identity.consumer if denial is None else denial.reason


def test_a_good_token_is_its_consumer_s():
    """By its key claim, its credential's algorithm and a live key."""
    assert "alice" == verdict(signed(exp=NOW_S + 1))


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("x", "malformed_token"),
        (signed(header={"crit": ["exp"]}), "unsupported_crit"),
        (signed(header={"crit": []}), "unsupported_crit"),
        (signed(header={"crit": ["b64"], "b64": False}), "unsupported_crit"),
        (signed(header={"crit": None}), "unsupported_crit"),
        (signed(key=5), "missing_key_claim"),
        (signed(key=None), "missing_key_claim"),
        (signed(key=["alice"]), "missing_key_claim"),
        (signed(key="bob"), "unknown_credential"),
        (signed(key=""), "unknown_credential"),
        (signed(key="\ud800"), "unknown_credential"),
        (signed(header={"alg": "none"}), "algorithm_mismatch"),
        (signed(header={"alg": "hs256"}), "algorithm_mismatch"),
        (signed(header={"alg": "HS512"}), "algorithm_mismatch"),
        (signed(header={"alg": "RS256"}), "algorithm_mismatch"),
        (signed(secret=OTHER), "bad_signature"),
        (signed(secret=""), "bad_signature"),
        (signed(exp=NOW_S), "expired"),
        (signed(exp=True), "invalid_claim"),
        (signed(nbf=NOW_S + 1), "not_yet_valid"),
    ],
)
def test_a_bad_token_has_a_reason(token, expected):
    """The first thing that is wrong, in the order of the checks."""
    assert expected == verdict(token)


@pytest.mark.parametrize("name", ["jku", "x5u", "jwk", "x5c", "typ", "cty", "b64"])
def test_the_token_s_own_hints_are_ignored(name):
    """They change neither the key nor how it is used."""
    assert "alice" == verdict(signed(header={name: False}))


def test_what_an_unverified_token_claims_is_not_told_apart():
    """A token with a bad signature is just that, also when it has expired."""
    assert "bad_signature" == verdict(signed(secret=OTHER, exp=1))


def test_another_claim_may_name_the_credential():
    """A policy may name the credential by another claim, and then `key` is not read."""
    assert ["alice", "missing_key_claim"] == [
        verdict(token, key_claim="iss") for token in (signed(iss="alice", key="bob"), signed())
    ]


@pytest.mark.parametrize("kid", ["k", ""])
def test_a_key_without_an_id_is_tried_for_every_kid(kid):
    """Unless each key has an id: then a kid that names none is unknown."""
    named = msgspec.structs.replace(key(), id="other")
    assert "alice" == verdict(signed(header={"kid": kid}))
    assert "unknown_kid" == verdict(signed(header={"kid": kid}), row("default", named))


def test_any_live_key_verifies():
    """Rotation refuses no request."""
    assert "alice" == verdict(signed(secret=OTHER), row("default", key(), key(OTHER)))


def test_a_kid_picks_its_key_alone():
    """Another key of the credential is not tried."""
    rows = row("default", key(id="old"), key(OTHER, id="new"))
    assert ["alice", "bad_signature"] == [
        verdict(signed(secret=OTHER, header={"kid": kid}), rows) for kid in ("new", "old")
    ]


@pytest.mark.parametrize(
    ("token", "expected"),
    [(signed(), "key_expired"), (signed(header={"kid": "old"}), "key_expired"), (signed(secret=OTHER), "key_expired")],
)
def test_a_key_that_has_ended_verifies_nothing(token, expected):
    """Good or not: there is none left to check with."""
    assert expected == verdict(token, row("default", key(id="old", not_after=NOW_S)))


def test_the_furthest_of_several_credentials_is_the_reason():
    """What helps who looks for it."""
    rows = (row(), row("b", algorithm="HS512"))
    assert ["bad_signature", "bad_signature"] == [
        verdict(signed(secret=OTHER), *order, namespaces=None) for order in (rows, rows[::-1])
    ]


def test_a_foreign_credential_opens_nothing():
    """Unless the policy says otherwise; then its consumer is told as foreign."""
    assert ["unknown_credential", "other/alice"] == [
        verdict(signed(), row("other"), namespaces=admitted) for admitted in (("default",), None)
    ]


def test_a_token_must_verify_with_one_of_the_candidates():
    """The own credential's key doesn't hide the other's."""
    assert "other/alice" == verdict(signed(secret=OTHER), row(), row("other", key(OTHER)), namespaces=None)


@pytest.mark.parametrize(
    ("claims", "expected"),
    [({"jti": "a"}, "revoked"), ({"jti": "b"}, "alice"), ({}, "alice"), ({"jti": None}, "alice"),
     ({"jti": ""}, "alice"), ({"jti": "\ud800"}, "alice"),
     ({"jti": 5}, "invalid_claim"), ({"jti": ["a"]}, "invalid_claim"), ({"jti": {"a": 1}}, "invalid_claim")],
)  # fmt: skip
@pytest.mark.parametrize("revoked", [{"revoked_jtis": ("a",)}, {"revoked_digests": packed(["a"])}], ids=str)
def test_a_revoked_id_is_refused(claims, expected, revoked):
    """Inline or of a list; one that is no text can't be looked up, and is refused too."""
    assert expected == verdict(signed(**claims), row(**revoked))


@pytest.mark.parametrize(
    ("claims", "expected"),
    [({}, "revoked"), ({"iat": 99.9}, "revoked"), ({"iat": 100}, "alice"), ({"iat": 101}, "alice")],
)
def test_tokens_of_before_are_refused(claims, expected):
    """Those of unknown age too."""
    assert expected == verdict(signed(**claims), row(issued_before=100.0))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"allow_consumers": ("alice",)}, "alice"),
        ({"allow_consumers": ("default/alice", "bob")}, "not_allowed"),
        ({"allow_groups": ("admins", "readers")}, "alice"),
        ({"allow_groups": ("reader",)}, "not_allowed"),
        ({"allow_consumers": ("alice",), "allow_groups": ("admins",)}, "not_allowed"),
        ({"allow_claims": (ClaimMatch(name="scope", any_of=("read",)),)}, "alice"),
        ({"allow_claims": (ClaimMatch(name="scope", any_of=("write",)),)}, "not_allowed"),
    ],
)
def test_all_of_allow_must_hold(fields, expected):
    """By name, by group and by claim."""
    assert expected == verdict(signed(scope="read"), row(groups=("readers",)), **fields)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"allow_consumers": ("alice",)}, "not_allowed"),
        ({"allow_consumers": ("other/alice",)}, "other/alice"),
        ({"allow_groups": ("admin",)}, "not_allowed"),
        ({"allow_groups": ("other/admin",)}, "other/alice"),
    ],
)
def test_a_foreign_name_is_not_ours(fields, expected):
    """Nobody becomes somebody by choosing a name."""
    assert expected == verdict(signed(), row("other", groups=("admin",)), namespaces=None, **fields)


@pytest.mark.parametrize(
    ("mode", "no_token", "bad_token"),
    [("Required", "missing_token", "malformed_token"), ("Optional", "", "malformed_token"), ("Permissive", "", "")],
)
def test_a_mode_says_who_passes_without_a_good_token(mode, no_token, bad_token):
    """As nobody."""
    gate, entry = Gate(), policy(mode=mode)
    assert [no_token, bad_token, "alice"] == [gate.ask(token, entry=entry) for token in (None, "x", signed())]


def test_a_good_token_that_is_not_allowed_is_told_so_in_every_mode():
    """A bad token would be nobody; this one is somebody who may not."""
    assert "not_allowed" == Gate().ask(signed(), entry=policy(mode="Permissive", allow_consumers=("bob",)))


def test_a_token_that_comes_twice_is_refused():
    """Before it is read."""
    assert "repeated_token" == Gate().ask(RepeatedToken(HEADER))


@pytest.mark.parametrize("token", [signed(), signed(secret=OTHER), "x"])
def test_a_verdict_is_remembered(token):
    """A signature is verified once."""
    gate = Gate()
    assert 1 == len({gate.ask(token) for _ in range(3)})
    assert (2, 1) == (gate.cache.hits, gate.cache.misses)


@pytest.mark.parametrize(
    ("claims", "leeway_ms", "last"), [({"exp": NOW_S + 10}, 0, 9.999), ({"exp": NOW_S + 10}, 5000, 14.999)]
)
def test_a_remembered_token_expires_in_time(claims, leeway_ms, last):
    """To the moment, leeway included."""
    gate, entry, token = Gate(), policy(leeway_ms=leeway_ms), signed(**claims)
    times = (NOW_S, NOW_S + last, NOW_S + last + 0.001)
    assert ["alice", "alice", "expired"] == [gate.ask(token, now_s, entry) for now_s in times]


def test_a_remembered_token_ends_with_its_key():
    """A remembered token ends with its key, although its own exp is later."""
    gate, token = Gate(row("default", key(not_after=NOW_S + 10))), signed(exp=NOW_S + 100)
    times = (NOW_S, NOW_S + 9.999, NOW_S + 10)
    assert ["alice", "alice", "key_expired"] == [gate.ask(token, now_s) for now_s in times]


def test_a_remembered_token_lives_on_with_another_key():
    """When one ends and the next one is the same."""
    gate = Gate(row("default", key(not_after=NOW_S + 10), key()))
    assert ["alice", "alice"] == [gate.ask(signed(), now_s) for now_s in (NOW_S, NOW_S + 10)]


def test_a_token_that_is_early_is_good_later():
    """A token before its nbf is refused, which is not remembered, so that it passes later."""
    gate, token = Gate(), signed(nbf=NOW_S + 10)
    times = (NOW_S, NOW_S + 9.999, NOW_S + 10)
    assert ["not_yet_valid", "not_yet_valid", "alice"] == [gate.ask(token, now_s) for now_s in times]


def test_a_token_that_lives_too_long_is_good_later():
    """When its end has come near enough."""
    gate, entry, token = Gate(), policy(max_lifetime_ms=60_000), signed(exp=NOW_S + 70)
    assert ["lifetime_too_long", "alice"] == [gate.ask(token, now_s, entry) for now_s in (NOW_S, NOW_S + 10)]


def test_two_policies_do_not_share_a_verdict():
    """One admits what the other refuses."""
    gate = Gate()
    entries = (policy("Route/default/a"), policy("Route/default/b", allow_consumers=("bob",)))
    assert ["alice", "not_allowed"] * 2 == [gate.ask(signed(), entry=entry) for entry in entries * 2]


@pytest.mark.parametrize(("size", "expected"), [(CACHED_BYTES_MAX, 1), (CACHED_BYTES_MAX + 4, 0)])
def test_a_long_token_is_verified_each_time(size, expected):
    """It would fill the memory."""
    token = signed(pad="x" * ((size - len(signed(pad=""))) * 3 // 4))
    token += "A" * (size - len(token))
    gate = Gate()
    gate.ask(token)
    gate.ask(token)
    assert expected == gate.cache.hits
