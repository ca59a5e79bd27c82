"""The checks of a token, one by one."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.algorithms import ECAlgorithm

import manifests
import tokens
from cases import Token
from postern_cli.explanation.steps import Outcome, Trace
from postern_cli.explanation.token_checks import DETAILS, check_token
from postern_dataplane.decision.issuer_checks import ISSUER_CHECKS
from postern_dataplane.decision.token_checks import CHECKS, VerificationContext
from postern_dataplane.table.routing_table import build_table

NOW_S = 1_900_000_000


def walked(recipe, *more, secret=manifests.SECRET, **jwt):
    """The steps of a token's check by the policy of one application."""
    documents = [manifests.service(auth={"jwt": jwt}), manifests.route(), manifests.consumer(), *more]
    snapshot = manifests.compiled(*documents, manifests.secret(value=secret)).snapshot
    credentials = {f"{entry.namespace}/{entry.name}": entry for entry in snapshot.credentials}
    walk = Trace()
    table = build_table(snapshot, "")
    token = tokens.mint(Token(**recipe), NOW_S, credentials)
    check_token(walk, VerificationContext(token, table.policies[snapshot.policies[0].id], table.credentials, NOW_S))
    return walk


def details(walk):
    return {step.title: step.detail for step in walk.steps if step.outcome is not Outcome.NOT_REACHED}


ALICE = {"credential": "default/alice"}


def test_every_check_has_a_detail():
    """A check of the data plane without one fails here, not in the explanation of a request."""
    assert {check.run for check in CHECKS + ISSUER_CHECKS} == set(DETAILS)


def test_a_good_token_passes_every_step():
    """Each step is ok."""
    walk = walked(ALICE, manifests.credential())
    assert {Outcome.OK} == {step.outcome for step in walk.steps}


@pytest.mark.parametrize(
    ("recipe", "jwt", "title", "detail"),
    [
        ({"raw": "abc"}, {}, "it is a token", "it is not three segments of base64url"),
        (ALICE | {"header": {"crit": ["x"]}}, {}, "it asks for no extension", 'crit ["x"]'),
        (ALICE | {"claims": {"key": 5}}, {}, "it names a credential", "key is 5"),
        (ALICE | {"claims": {"key": "eve"}}, {}, "the credential is known", "no credential in force has this key"),
        (
            ALICE | {"algorithm": "HS384"}, {},
            "the algorithm is the credential's", "default/alice says HS256",
        ),
        (
            ALICE | {"secret": "another-secret-of-thirty-two-bytes"}, {},
            "the signature is good", "made with another key, or the token was changed afterwards",
        ),
        (
            ALICE | {"claims": {"exp": "now-60"}}, {"leeway": "5s"},
            "it has not expired", "exp 2030-03-17T17:45:40Z, now 2030-03-17T17:46:40Z, leeway 5s",
        ),
        (ALICE, {"issuers": ["a"]}, "its issuer is expected", "iss is null; issuers are a"),
        (ALICE, {"requiredClaims": ["exp", "sub"]}, "it has the required claims", "it lacks exp, sub"),
        (
            ALICE | {"claims": {"exp": "now+7200"}}, {"maxLifetime": "1h"},
            "its lifetime is short enough", "exp 2030-03-17T19:46:40Z, maxLifetime 3600s",
        ),
        (ALICE, {"requireType": ["at+jwt"]}, "its type is expected", 'typ is "JWT"; requireType is at+jwt'),
        (
            ALICE | {"claims": {"a": {"b": ["x"]}}},
            {"allow": {"claims": [{"path": ["a", "b"], "allOf": ["x", True]}]}},
            "its consumer is allowed",
            'consumer alice, groups none; allowed: claim [a, b] (it is ["x"]) with all of x, true',
        ),
        (
            ALICE, {"allow": {"groups": ["g"], "claims": [{"name": "scope", "anyOf": ["w"]}]}},
            "its consumer is allowed",
            "consumer alice, groups none; allowed: groups g; claim scope (it is null) with one of w",
        ),
    ],
)  # fmt: skip
def test_a_refused_step_says_why(recipe, jwt, title, detail):
    """It is the last that was reached, and its detail is what one needs to mend it."""
    walk = walked(recipe, manifests.credential(), **jwt)
    refused = next(step for step in walk.steps if step.outcome is Outcome.REFUSED)
    assert (title, detail) == (refused.title, refused.detail)


def test_a_credential_of_another_namespace_is_named():
    """Whoever forgot allow.namespaces sees it."""
    others = [
        manifests.consumer("bob", "other"),
        manifests.credential("bob", "other", consumerRef={"name": "bob"}),
        manifests.secret("alice", "other"),
        manifests.service("wide", auth={"jwt": {"allow": {"namespaces": "All"}}}),
        manifests.route("wide", serviceRef={"name": "wide"}),
    ]
    told = details(walked({"claims": {"key": "bob"}, "secret": manifests.SECRET}, *others))
    assert told["the credential is known"] == "other/bob: of a namespace that is not admitted (default would be)"


def test_revocations_and_ends_of_keys_are_told():
    """With the values that were compared."""
    keys = [{"secretRef": {"name": "alice", "key": "secret"}, "notAfter": "2099-01-01T00:00:00Z"}]
    revoked = {"jtis": ["j1"], "issuedBefore": "2026-01-01T00:00:00Z"}
    credential = manifests.credential(keys=keys, revoked=revoked)
    told = details(walked(ALICE | {"claims": {"jti": "j1", "iat": "now"}}, credential))
    assert told["a key is still live"] == "notAfter of default/alice: 2099-01-01T00:00:00Z"
    assert told["it is not revoked"] == (
        'jti is "j1", 1 are revoked; iat 2030-03-17T17:46:40Z, issuedBefore 2026-01-01T00:00:00Z'
    )


def test_the_ids_of_a_list_are_counted():
    """With those that stand in the credential."""
    listed = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "revoked", "namespace": "default"},
        "data": {"jtis": "j2\nj3\n"},
    }
    credential = manifests.credential(revoked={"jtis": ["j1"], "jtisFrom": {"name": "revoked", "key": "jtis"}})
    told = details(walked(ALICE | {"claims": {"jti": "j3"}}, credential, listed))
    assert told["it is not revoked"] == 'jti is "j3", 3 are revoked'


P256 = (tokens.KEYS / "p256.pub.pem").read_text()
P256_JWK = ECAlgorithm.to_jwk(load_pem_public_key(P256.encode()), as_dict=True)
SIGNED = ALICE | {"algorithm": "ES256", "private_key": "p256"}


@pytest.mark.parametrize(
    ("keys", "kid", "outcome", "detail"),
    [
        ([{"id": "a"}], "a", Outcome.OK, "default/alice has a"),
        ([{"id": "a"}], "b", Outcome.REFUSED, "default/alice has a"),
        ([{}], "b", Outcome.OK, "default/alice has (no id); no key has this kid, so those without id are tried"),
        ([{}], None, Outcome.OK, "it has no kid, so every live key is tried"),
    ],
)
def test_which_keys_a_kid_leaves_is_told(keys, kid, outcome, detail):
    """By their ids, whether the token has a kid or not."""
    entries = [{"publicKey": P256} | key for key in keys]
    recipe = SIGNED | {"header": {} if kid is None else {"kid": kid}}
    walk = walked(recipe, manifests.credential(keys=entries, algorithm="ES256"))
    (step,) = [step for step in walk.steps if step.title == "a key may have signed it"]
    assert (outcome, detail) == (step.outcome, step.detail)


def test_a_credential_with_more_keys_than_are_tried_asks_for_a_kid():
    """It is told, for a token without one is refused."""
    members = [{**P256_JWK, "kid": str(number)} for number in range(17)]
    credential = manifests.credential(keys=[{"publicKey": json.dumps({"keys": members})}], algorithm="ES256")
    assert details(walked(SIGNED, credential))["a key may have signed it"].endswith(
        "without a kid that names one, no more than 16 are tried"
    )
    assert Outcome.OK is walked(SIGNED | {"header": {"kid": "16"}}, credential).steps[-1].outcome


def test_a_secret_that_ends_in_a_line_feed_is_told():
    """With a token that is signed without it, which would be refused for ever."""
    walk = walked(ALICE | {"secret": manifests.SECRET}, manifests.credential(), secret=f"{manifests.SECRET}\n")
    assert (
        "the secret of default/alice ends in a line feed, and the token is signed without it; "
        "write the Secret without it"
    ) == details(walk)["the signature is good"]
