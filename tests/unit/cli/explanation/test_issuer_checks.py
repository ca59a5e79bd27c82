"""What `explain` says of the caller whom a claim of an issuer's token names."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import tokens
from cases import Token
from postern_cli.explanation.issuer_checks import DETAILS
from postern_core.snapshot import Consumer, Credential, Policy, Snapshot
from postern_core.snapshot_issuers import IssuerKey, TokenIssuer
from postern_dataplane.decision import issuer_checks
from postern_dataplane.decision.issuer_checks import IssuerContext, first_reason_by_issuer
from postern_dataplane.table.issuers import CompiledIssuer
from postern_dataplane.table.routing_table import build_table

NOW_S = 1_700_000_000.0
ID = "TokenIssuer/p/idp"


def context(claims, namespaces=("a",)):
    """A token of an issuer with one binding, checked."""
    key = IssuerKey(material=(tokens.KEYS / "p256.pub.pem").read_text(), algorithms=("ES256",), id="one")
    issuer = TokenIssuer(id=ID, namespace="p", name="idp", issuer="https://idp", keys=(key,), claim=("azp",))
    consumer = Consumer(id="Consumer/a/alice", namespace="a", name="alice", groups=("staff",))
    bound = Credential(
        id="JWTCredential/a/app", namespace="a", name="app", created="", consumer=consumer.id, key="app", algorithm="",
        keys=(), issuer=ID, issued_before=1_600_000_000.0,
    )  # fmt: skip
    policy = Policy(id="x", namespace=namespaces[0], namespaces=namespaces, places=(), token_issuers=(ID,))
    table = build_table(
        Snapshot(gateway="g", policies=(policy,), issuers=(issuer,), consumers=(consumer,), credentials=(bound,)), "d"
    )
    recipe = Token(algorithm="ES256", header={"kid": "one"}, claims={"iss": "https://idp"} | claims, private_key="p256")
    made = IssuerContext(tokens.mint(recipe, NOW_S, {}), table.policies["x"], table.credentials, NOW_S)
    first_reason_by_issuer(made)
    return made


@pytest.mark.parametrize(
    ("claims", "namespaces", "said"),
    [
        ({"azp": "app", "iat": 1_650_000_000}, ("a",), 'azp is "app", JWTCredential a/app: alice, groups staff'),
        ({"azp": "app"}, ("b",), 'azp is "app"; a/app: of a namespace that is not admitted (b would be)'),
        ({"azp": "x"}, ("a",), 'azp is "x"; no JWTCredential with an issuerRef to TokenIssuer p/idp has this key'),
        ({}, ("a",), "azp is null; no JWTCredential with an issuerRef to TokenIssuer p/idp has this key"),
    ],
)
def test_the_claim_and_the_credential_that_it_names_are_shown(claims, namespaces, said):
    """Where there is none, it says why, as far as the policy's owner may know."""
    assert said == DETAILS[issuer_checks.caller_is_not_named](context(claims, namespaces))


def test_what_the_binding_revokes_is_shown():
    """The time from which the binding takes tokens stands beside that of the token."""
    made = context({"azp": "app", "iat": 1_500_000_000})
    assert "issuedBefore 2020-09-13" in DETAILS[issuer_checks.token_is_revoked_by_binding](made)


def test_an_issuer_whose_iss_is_unknown_is_named_as_that():
    """It would be wrong to say that `iss` of the token is that of this issuer."""
    row = CompiledIssuer(TokenIssuer(id=ID, namespace="p", name="idp", issuer="", refusal="no keys"), None)
    made = SimpleNamespace(issuer=row, claims={"iss": "https://x"}, row=SimpleNamespace(issuers={"": row}))
    said = DETAILS[issuer_checks.issuer_is_unknown](made)
    assert 'iss is "https://x"; that of TokenIssuer p/idp is not known yet, so it may be this one' == said
