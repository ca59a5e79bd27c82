"""Tokens of issuers: what is remembered of one, and what a change of keys does."""

from __future__ import annotations

import json

import pytest

import tokens
from cases import Token
from postern_core.snapshot import Policy, Snapshot
from postern_core.snapshot_issuers import IssuerKey, TokenIssuer
from postern_dataplane.decision.authenticate import authenticate
from postern_dataplane.decision.extracted_token import TokenFound
from postern_dataplane.decision.verification_cache import BAD_MAX, VerificationCache
from postern_dataplane.request.denials import DenialReason
from postern_dataplane.table.routing_table import build_table

A, B = "https://a.example.com", "https://b.example.com"
NOW_S = 1_700_000_000.0


def pem(name):
    """A public key."""
    return (tokens.KEYS / f"{name}.pub.pem").read_text()


def issuer(name, iss, key, algorithms=("RS256",), **fields):
    """An issuer with one key, whose kid is that of all others."""
    keys = (IssuerKey(material=pem(key), algorithms=algorithms, id="one"),)
    return TokenIssuer(
        id=f"TokenIssuer/n/{name}", namespace="n", name=name, issuer=iss, keys=keys, name_from=("sub",), **fields
    )


def table(*issuers, policies=(), **fields):
    """A table with a policy for all issuers, or with those that are given."""
    named = tuple(it.id for it in issuers)
    policies = policies or (Policy(id="p", namespace="n", places=(), token_issuers=named, **fields),)
    return build_table(Snapshot(gateway="g", policies=tuple(policies), issuers=tuple(issuers)), "d")


def token(iss, key="rsa3072", algorithm="RS256", **claims):
    """A token of an issuer."""
    recipe = Token(
        algorithm=algorithm, header={"kid": "one"}, claims={"iss": iss, "sub": "x"} | claims, private_key=key
    )
    return TokenFound(tokens.mint(recipe, NOW_S, {}), None)  # type: ignore[arg-type] # its source is not looked at


def reason_of(made, found, policy="p", cache=None):
    """Why a token is refused, "" if it is not."""
    denial, *_ = authenticate(made.policies[policy], found, made.credentials, cache or VerificationCache(), now_s=NOW_S)
    return "" if denial is None else denial.reason


@pytest.mark.parametrize("iss", [A, B])
def test_two_issuers_with_one_kid_have_each_its_own_key(iss):
    """A token of one issuer that the other one's key has signed is refused, and each one's own is taken."""
    made = table(issuer("a", A, "p256", ("ES256",)), issuer("b", B, "p256-other", ("ES256",)))
    own, other = ("p256", "p256-other") if iss == A else ("p256-other", "p256")

    assert "" == reason_of(made, token(iss, own, "ES256"))
    assert DenialReason.BAD_SIGNATURE == reason_of(made, token(iss, other, "ES256"))


def test_what_one_policy_knows_of_a_token_serves_no_other():
    """A token that is good where its issuer is named is a stranger's where it is not, also with a full cache."""
    one, other = issuer("a", A, "rsa3072"), issuer("b", B, "rsa3072")
    policies = [Policy(id=it.name, namespace="n", places=(), token_issuers=(it.id,)) for it in (one, other)]
    made, cache = table(one, other, policies=policies), VerificationCache()
    found = token(A)

    reasons = [reason_of(made, found, policy, cache) for policy in ("a", "b", "a", "b")]
    assert ["", DenialReason.WRONG_ISSUER] * 2 == reasons
    assert 2 == cache.hits


def test_another_key_under_the_same_kid_is_in_force_with_its_table():
    """The policy's row is made anew with the issuer's, so that the old key verifies nothing more."""
    before, after = table(issuer("a", A, "p256", ("ES256",))), table(issuer("a", A, "p256-other", ("ES256",)))

    assert ["", DenialReason.BAD_SIGNATURE] == [reason_of(made, token(A, "p256", "ES256")) for made in (before, after)]


def test_an_issuer_without_keys_refuses_in_permissive_mode_too():
    """A token that can not be judged gets 503, and does not pass as anonymous."""
    made = table(TokenIssuer(id="i", namespace="n", name="i", issuer=A, refusal="no keys"), mode="Permissive")
    assert DenialReason.ISSUER_UNAVAILABLE == reason_of(made, token(A))


@pytest.mark.parametrize("refusal", ["no keys", ""])
@pytest.mark.parametrize("mode", ["Required", "Permissive"])
def test_while_the_iss_of_an_issuer_is_unknown_strangers_are_refused_for_it(mode, refusal):
    """Each may have been made by it; an entry without `iss` verifies nothing, whatever keys it has."""
    unknown = issuer("k8s", "", "rsa3072", refusal=refusal)
    made = table(unknown, issuer("a", A, "p256", ("ES256",)), mode=mode, or_credentials=True)
    reasons = [reason_of(made, it) for it in (token(B), token(""), token(A, "p256", "ES256"))]
    assert [DenialReason.ISSUER_UNAVAILABLE] * 2 + [""] == reasons


def test_a_policy_whose_issuers_are_not_there_takes_no_token():
    """A token of a credential is refused too, unless `orCredentials` says otherwise."""
    made = table(policies=[Policy(id="p", namespace="n", places=(), token_issuers=("gone",))])
    assert DenialReason.WRONG_ISSUER == reason_of(made, token(A))


def test_a_key_counts_only_with_the_algorithms_that_it_is_for():
    """RFC 7517, section 4.4: a JWK's alg says what it is for, and a token can't choose another."""
    made = table(issuer("a", A, "rsa3072"))
    assert DenialReason.ALGORITHM_MISMATCH == reason_of(made, token(A, algorithm="PS256"))


def test_unknown_kids_leave_nothing_behind():
    """A kid is read before the signature is verified: refusals are remembered within the cache's bounds alone."""
    made, cache = table(issuer("a", A, "rsa3072")), VerificationCache()
    row = made.issuers["TokenIssuer/n/a"]
    rest = token(A).text.partition(".")[2]
    for number in range(5_000):
        forged = tokens.encode(json.dumps({"alg": "RS256", "kid": f"kid-{number}"}).encode())
        found = TokenFound(f"{forged}.{rest}", None)  # type: ignore[arg-type] # its source is not looked at
        assert DenialReason.UNKNOWN_KID == reason_of(made, found, cache=cache)
    assert len(cache.bad) <= BAD_MAX
    assert {"RS256": [None, "one"]} == {name: list(ring) for name, ring in row.keys.items()}


def answer(made, found, cache):
    """What a token gets under the one policy of a table."""
    return authenticate(made.policies["p"], found, made.credentials, cache, now_s=NOW_S)[0]


def of_kid(kid, **recipe):
    """A token of A with another kid than its issuer's key has."""
    return TokenFound(tokens.mint(Token(**recipe, header={"kid": kid}, claims={"iss": A}), NOW_S, {}), None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "recipe", [{"algorithm": "RS256", "private_key": "rsa3072"}, {"algorithm": "ES256", "private_key": "p256"}]
)
def test_a_key_that_a_fetched_issuer_lacks_is_hinted_at(recipe):
    """The answer is the same from the cache, and where the key is of a type that the issuer did not have before."""
    made, cache = table(issuer("a", A, "rsa3072", is_fetched=True)), VerificationCache()
    found = of_kid("new", **recipe)
    answers = [answer(made, found, cache) for _ in range(2)]
    assert [("TokenIssuer/n/a", 401)] * 2 == [(it.unknown_key_of, it.status) for it in answers]
    assert answers[0] is answers[1]


@pytest.mark.parametrize(
    ("kid", "iss", "is_fetched"),
    [("one", A, True), (None, A, True), ("new", B, True), ("new", A, False)],
    ids=["a known key", "no kid", "another issuer", "keys that are not fetched"],
)
def test_nothing_else_is_hinted_at(kid, iss, is_fetched):
    """A stranger's word leads to a fetch only where it may lead to a key."""
    made = table(issuer("a", A, "rsa3072", is_fetched=is_fetched))
    header = {"kid": kid} if kid else {}
    recipe = Token(algorithm="ES256", private_key="p256", header=header, claims={"iss": iss})
    found = TokenFound(tokens.mint(recipe, NOW_S, {}), None)  # type: ignore[arg-type]
    assert "" == answer(made, found, VerificationCache()).unknown_key_of


def test_a_permissive_policy_hints_where_it_refuses():
    """The answer is the one to no token; without a restriction such a caller passes without an identity."""
    found, idp = of_kid("new", algorithm="RS256", private_key="rsa3072"), issuer("a", A, "rsa3072", is_fetched=True)
    refused = answer(table(idp, mode="Permissive", allow_groups=("a",)), found, VerificationCache())
    assert (DenialReason.MISSING_TOKEN, "TokenIssuer/n/a") == (refused.reason, refused.unknown_key_of)
    assert answer(table(idp, mode="Permissive"), found, VerificationCache()) is None
