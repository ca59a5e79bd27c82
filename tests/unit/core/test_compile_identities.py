"""Everybody who may call, for those who make tokens."""

from __future__ import annotations

import manifests
from postern_core.compile import compile_identities
from postern_core.parse import parse_manifest
from postern_operator.validators import VALIDATORS


def identities_of(*documents):
    return compile_identities([parse_manifest(it) for it in documents], inspectors=VALIDATORS)


def test_a_credential_needs_no_route():
    """Tokens can be made before there is anything to ask for."""
    found = identities_of(manifests.consumer(), manifests.credential(), manifests.secret())
    assert [["JWTCredential/default/alice"], []] == [[it.id for it in found.credentials], found.problems]


def test_what_is_wrong_with_a_credential_is_told():
    """Its own mistakes and those of its references are there, the ones that a compilation tells."""
    found = identities_of(manifests.credential(), manifests.credential("bob", algorithm="HS257"))
    assert [] == found.credentials
    told = [(it.ref.name, it.reason.text) for it in found.problems]
    assert [
        ("alice", "ConsumerNotFound"),
        ("alice", "SecretNotFound"),
        ("bob", "ConsumerNotFound"),
        ("bob", "Invalid"),
    ] == told
