"""Who a token's bearer is to the upstream, made as seldom as that can be."""

from __future__ import annotations

import base64

from heads import NOW_S, signed
from manifests import SECRET
from postern_core.snapshot import Consumer, Credential, Key, Policy
from postern_core.snapshot_claims import ForwardClaim
from postern_dataplane.decision.authenticate import verify
from postern_dataplane.jwt.logged_claims import LoggedClaims
from postern_dataplane.request.logged_token import LoggedToken
from postern_dataplane.table.compiled import CompiledPolicy
from postern_dataplane.table.compiled_credential import CompiledCredential

ALICE = Consumer(id="Consumer/default/alice", namespace="default", name="alice")


def identities_of(credential, policy, *subjects):
    row = CompiledPolicy(policy, {})
    return [verify(signed(sub=sub), row, {"alice": (credential,)}, NOW_S).identity for sub in subjects]


def alice():
    key = Key(material=base64.b64encode(SECRET.encode()).decode())
    entry = Credential(
        id="JWTCredential/default/alice", namespace="default", name="alice", consumer=ALICE.id, created="",
        key="alice", algorithm="HS256", keys=(key,),
    )  # fmt: skip
    return CompiledCredential(entry, ALICE)


def test_an_identity_is_made_once_for_a_policy():
    """Not for each token, but where a claim is a part of it."""
    credential = alice()
    plain = Policy(id="Route/default/a", namespace="default", namespaces=("default",), places=())
    forward = ForwardClaim(claim="sub", header="X-Sub")
    forwarding = Policy(
        id="Route/default/b", namespace="default", namespaces=("default",), places=(), forward_claims=(forward,)
    )

    first, second = identities_of(credential, plain, "a", "b")
    assert first is second
    assert [b"X-Sub: a", b"X-Sub: b"] == [
        identity.lines.split(b"\r\n")[-2] for identity in identities_of(credential, forwarding, "a", "b")
    ]


def test_what_is_logged_of_a_token_is_kept_with_its_identity():
    """Credential, issuer and chosen claims are those of each token; without a log there are none."""
    policy = Policy(id="Route/default/a", namespace="default", namespaces=("default",), places=())
    (silent,) = identities_of(alice(), policy, "a")
    row = CompiledPolicy(policy, {}, logged=LoggedClaims(["sub", "absent"]))
    token = signed(sub="a", iss="https://issuer")
    seen = verify(token, row, {"alice": (alice(),)}, NOW_S).identity
    assert (None, silent.lines) == (silent.token, seen.lines)
    assert LoggedToken("default/alice", "https://issuer", {"sub": "a"}) == seen.token


def test_the_log_has_whose_token_it_is_that_is_not_allowed():
    """The token is good, and who may not pass is who an auditor asks about; a token that is not good proves nothing."""
    policy = Policy(
        id="Route/default/a", namespace="default", namespaces=("default",), places=(), allow_consumers=("bob",)
    )
    row = CompiledPolicy(policy, {}, logged=LoggedClaims(["sub"]))
    refused, forged, unlogged = (
        verify(token, of, {"alice": (alice(),)}, NOW_S)
        for token, of in (
            (signed(sub="a"), row),
            (signed(sub="a", secret="x" * 32), row),
            (signed(sub="a"), CompiledPolicy(policy, {})),
        )
    )
    assert ("not_allowed", "alice") == (refused.reason, refused.identity.consumer)
    assert LoggedToken("default/alice", "", {"sub": "a"}) == refused.identity.token
    assert [("bad_signature", None), ("not_allowed", None)] == [(it.reason, it.identity) for it in (forged, unlogged)]


def test_an_identity_outlives_what_a_policy_s_id_stood_for():
    """A credential's row may be older than the policy of a table."""
    credential = alice()
    own, other = (Policy(id="Route/x/a", namespace=it, namespaces=None, places=()) for it in ("default", "other"))
    seen = [identities_of(credential, policy, "a")[0] for policy in (own, other, own)]
    assert ["alice", "default/alice", "alice"] == [identity.consumer for identity in seen]
    assert seen[0] is seen[2]
