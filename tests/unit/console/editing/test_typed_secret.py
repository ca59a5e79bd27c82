"""A secret that is typed into a form, and names that may be one."""

from __future__ import annotations

import pytest

from postern_console.editing.typed_secret import (
    ENTRY_NAME,
    KEPT_MAX,
    KEPT_S,
    NAME,
    PendingSecrets,
    foreign_names,
    mistakes_of,
    typed_secret_of,
)
from postern_core.ref import Ref

ALICE = Ref("JWTCredential", "demo", "alice")
TEXT = "a-secret-of-thirty-two-characters"
SPEC = {"consumerRef": {"name": "alice"}}
KNOWN = {"alice": frozenset({"secret", "old"})}


def typed(**form):
    return typed_secret_of({name: [value] for name, value in form.items()}, ALICE)


@pytest.mark.parametrize(("ticked", "more"), [({}, {}), ({"secret_base64": "on"}, {"encoding": "Base64"})])
def test_what_is_typed_becomes_a_secret_of_the_credential(ticked, more):
    """The Secret has the credential's name, and its representation does not have what was typed."""
    secret = typed(secret=f" {TEXT} ", **ticked)
    assert ({"secret": TEXT}, "demo/alice") == (secret.manifest["stringData"], secret.ref.path)
    keys = secret.named_by({"kind": "JWTCredential", "spec": SPEC})["spec"]["keys"]
    assert ([{"secretRef": {"name": "alice", "key": "secret"} | more}], False) == (keys, TEXT in repr(secret))
    assert () == secret.parsed.problems


def test_nothing_typed_is_no_secret():
    """Blanks are nothing."""
    assert (None, None) == (typed(), typed(secret="  "))


@pytest.mark.parametrize(
    ("spec", "known", "mistake"),
    [
        (SPEC, {}, ""),
        (SPEC | {"algorithm": "ES256"}, {}, "is for the HS algorithms"),
        (SPEC | {"keys": [{"secretRef": {"name": "x", "key": "y"}}]}, {}, "is one key too many"),
        (SPEC, KNOWN, "is there already"),
    ],
)
def test_a_secret_that_can_t_be_the_key_is_refused(spec, known, mistake):
    """The message does not quote it."""
    found = " ".join(mistakes_of(typed(secret=TEXT), spec, known).get("secret", [""]))
    assert (True, bool(mistake), False) == (mistake in found, bool(found), TEXT in found)


@pytest.mark.parametrize(
    ("name", "entry", "known", "foreign"),
    [
        ("", "", KNOWN, ()),
        ("alice", "secret", KNOWN, ()),
        ("own", "mine", KNOWN, ()),
        ("hunter2", "", KNOWN, (NAME,)),
        ("hunter2", "hunter2", KNOWN, (NAME, ENTRY_NAME)),
        ("alice", "hunter2", KNOWN, (ENTRY_NAME,)),
        ("own", "hunter2", KNOWN, (ENTRY_NAME,)),
        ("", "hunter2", KNOWN, (ENTRY_NAME,)),
        ("own", "mine", None, ()),
        ("hunter2", "mine", None, (NAME,)),
    ],
)
def test_a_secret_that_looks_like_a_name_is_known_by_naming_nothing(name, entry, known, foreign):
    """What the credential has already is its own, whether it is there or not."""
    before = {"keys": [{"secretRef": {"name": "own", "key": "mine"}}]}
    assert foreign == foreign_names({NAME: name, ENTRY_NAME: entry}, before, known)


def test_secrets_are_kept_for_a_while_and_few_of_them():
    """An id tells nothing, and is good for the Secret that it was given for alone."""
    now = [0.0]
    pending = PendingSecrets(lambda: now[0])
    secret = typed(secret=TEXT)
    first = pending.keep(secret)
    assert secret is pending.find(first, secret.ref)
    assert (None, None) == (pending.find(first, Ref("Secret", "demo", "bob")), pending.find("", secret.ref))
    ids = [pending.keep(secret) for _ in range(KEPT_MAX)]
    assert (None, True) == (pending.find(first, secret.ref), all(pending.find(it, secret.ref) for it in ids))
    pending.drop(ids[0])
    assert pending.find(ids[0], secret.ref) is None
    now[0] = KEPT_S
    assert pending.find(ids[-1], secret.ref) is None
