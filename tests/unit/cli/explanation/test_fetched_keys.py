"""What is known of the keys that were fetched for the issuers of a route's policy."""

from __future__ import annotations

import pytest

from heads import head
from manifests import route, service, token_issuer
from postern_cli.explanation.fetched_keys import fetched_keys_of
from postern_cli.explanation.trace import explain
from postern_core.compile import compile_snapshot
from postern_core.parse import parse_manifest
from postern_core.ref import Ref
from postern_dataplane.table.routing_table import build_table
from postern_operator.issuer_keys.fetch import FetchedKeys
from postern_operator.issuer_keys.fetcher import KeyState
from postern_operator.validators import VALIDATORS

ISSUER = Ref("TokenIssuer", "default", "idp")
KEYS = FetchedKeys('{"keys":[{"kid":"one"},{}]}', 1_700_000_000.0, "https://login.example.com/jwks?secret")


def told(state, host="app.example.com"):
    """What is told of a request to the one route."""
    objects = [
        service(hosts=["app.example.com"], auth={"jwt": {"tokenIssuers": [{"name": "idp"}]}}),
        route(),
        token_issuer(keys={"url": "https://login.example.com/jwks"}),
    ]
    snapshot = compile_snapshot(map(parse_manifest, objects), inspectors=VALIDATORS).snapshot
    explanation = explain(head(host=host), build_table(snapshot, ""), 0.0)
    return "\n".join(fetched_keys_of(explanation, {ISSUER: state} if state else {}))


def test_the_keys_are_told_with_when_they_were_fetched():
    """Their ids, from where, and when; a query of the URL may be a secret."""
    text = told(KeyState(KEYS, None))
    assert (
        'TokenIssuer default/idp: "one", "(no kid)" from https://login.example.com/jwks, 2023-11-14T22:13:20Z' in text
    )
    assert "secret" not in text


@pytest.mark.parametrize(
    ("state", "expected"), [(KeyState(None, None), "none yet"), (KeyState(KEYS, None, is_expired=True), "maxStale")]
)
def test_keys_that_serve_nobody_are_told_too(state, expected):
    """They were never fetched, or are too old."""
    assert expected in told(state)


@pytest.mark.parametrize(("state", "host"), [(None, "app.example.com"), (KeyState(KEYS, None), "other.example.com")])
def test_nothing_is_told_where_no_fetched_key_matters(state, host):
    """No issuer of the policy has its keys fetched, or no route takes the request."""
    assert "" == told(state, host)
