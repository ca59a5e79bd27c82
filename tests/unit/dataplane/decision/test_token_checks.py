"""The list of a token's checks; what each refuses is tested with `verify`."""

from __future__ import annotations

import base64

import msgspec
import pytest

from heads import NOW_S, signed
from manifests import SECRET
from postern_core.algorithms import KEYS_TRIED_MAX
from postern_core.snapshot import Consumer, Credential, Key, Policy
from postern_core.snapshot_claims import ClaimMatch
from postern_dataplane.decision import token_checks as module
from postern_dataplane.decision.token_checks import CHECKS, VerificationContext, first_reason
from postern_dataplane.jwt.keys import VerificationKey
from postern_dataplane.request.denials import DenialReason
from postern_dataplane.table.compiled import CompiledPolicy
from postern_dataplane.table.compiled_credential import CompiledCredential

PLAIN = Policy(id="Route/default/all", namespace="default", namespaces=None, places=())
SETTINGS = {
    "max_lifetime_ms": 0,
    "issuers": ("i",),
    "audiences": ("a",),
    "required_claims": ("sub",),
    "require_type": ("at+jwt",),
    "allow_consumers": ("bob",),
    "allow_groups": ("admins",),
    "allow_claims": (ClaimMatch(name="scope", any_of=("read",)),),
}


def row(namespace="default", secret=SECRET, not_after=None):
    """alice's credential in a namespace."""
    consumer = Consumer(id=f"Consumer/{namespace}/alice", namespace=namespace, name="alice")
    key = Key(material=base64.b64encode(secret.encode()).decode(), not_after=not_after)
    entry = Credential(
        id=f"JWTCredential/{namespace}/alice", namespace=namespace, name="alice", consumer=consumer.id, created="",
        key="alice", algorithm="HS256", keys=(key,),
    )  # fmt: skip
    return CompiledCredential(entry, consumer)


def context(token, policy, *rows):
    return VerificationContext(token, CompiledPolicy(policy, {}), {"alice": rows or (row(),)}, NOW_S)


def by_every_check(made):
    return next((reason for check in CHECKS if (reason := check.run(made))), None)


def test_every_setting_of_a_check_is_a_field_of_a_policy():
    """The fields are named as texts, so a field that is renamed must be renamed here too."""
    named = {name for check in CHECKS for name in check.settings}
    assert set(SETTINGS) == named <= set(Policy.__struct_fields__)


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_check_is_made_where_any_setting_asks_for_it(setting):
    """A single setting, even of zero, is enough to refuse a token that does not hold it."""
    policy = msgspec.structs.replace(PLAIN, **{setting: SETTINGS[setting]})
    token = signed(exp=NOW_S + 60)
    expected = by_every_check(context(token, policy))
    assert expected is not None
    assert expected is first_reason(context(token, policy))


@pytest.mark.parametrize(
    "token", ["x", signed(), signed(key="bob"), signed(exp=NOW_S), signed(nbf=NOW_S + 1), signed(header={"kid": "k"})]
)
def test_the_short_list_finds_what_the_whole_list_finds(token):
    """A policy without settings leaves out only checks that find nothing."""
    assert by_every_check(context(token, PLAIN)) is first_reason(context(token, PLAIN))


def test_the_short_list_is_the_whole_list_without_what_needs_a_setting():
    """The order is that of `CHECKS` in both."""
    assert [it.run for it in CHECKS if not it.settings] == list(module._UNCONDITIONAL)
    assert [it.run for it in CHECKS] == list(module._EVERY)


def test_nothing_that_was_not_verified_can_be_read():
    """A token whose signature is bad leaves no credential behind."""
    made = context(signed(secret="x" * 32), PLAIN)
    assert DenialReason.BAD_SIGNATURE is first_reason(made)
    assert not hasattr(made, "credential")


def test_a_title_is_that_of_one_check():
    """An explanation shows each check by its title."""
    assert len(CHECKS) == len({check.title for check in CHECKS})


@pytest.mark.parametrize(
    ("namespaces", "expected"),
    [(None, ["default", "a", "b"]), (("default", "b"), ["default", "b"]), (("default",), ["default"]), ((), [])],
)
def test_candidates_are_of_admitted_namespaces_own_first(namespaces, expected):
    """The others stay in their order, which is of age."""
    policy = msgspec.structs.replace(PLAIN, namespaces=namespaces)
    made = context(signed(), policy, *(row(namespace) for namespace in ("a", "b", "default")))
    first_reason(made)
    assert expected == [it.entry.namespace for it in made.candidates]


def test_credentials_of_many_namespaces_make_a_token_no_dearer(monkeypatch):
    """The policy's own credential and the oldest are tried, however many others have the same key."""
    tried = []
    verifies = VerificationKey.verifies
    monkeypatch.setattr(VerificationKey, "verifies", lambda key, token: tried.append(key) or verifies(key, token))
    others = [row(f"n{number}", secret="x" * 32) for number in range(100)]
    assert DenialReason.BAD_SIGNATURE is first_reason(context(signed(), PLAIN, *others))
    assert KEYS_TRIED_MAX == len(tried)
    assert first_reason(context(signed(), PLAIN, *others, row())) is None
    assert first_reason(context(signed(), PLAIN, row("oldest"), *others)) is None


def test_keys_that_have_expired_take_no_others_place():
    """Only keys that are still live count among those that are tried."""
    others = [row(f"n{number}", secret="x" * 32, not_after=NOW_S) for number in range(100)]
    assert first_reason(context(signed(), PLAIN, *others, row("live"))) is None
