"""What may be done with an object of a cluster, and why not."""

from __future__ import annotations

import pytest

import manifests
from postern_console.cluster.held_objects import held_of
from postern_console.cluster.permissions import Asking, permissions_of
from postern_console.permissions import Permissions
from postern_core.ref import Ref

ALICE = Ref("Consumer", "default", "alice")


class Reviews:
    """Allows what is on its list: a verb, a kind and a namespace."""

    def __init__(self, *allowed):
        self.allowed = allowed

    async def may(self, _, verb, ref):
        return (verb, ref.kind, ref.namespace) in self.allowed


class Connection:
    api = None


def held(manifest, **metadata):
    (one,) = held_of([{**manifest, "metadata": {**manifest["metadata"], **metadata}}], {}).values()
    return one


async def asked(one, *allowed, writes=True):
    return await permissions_of(Asking(Connection(), Reviews(*allowed), writes), one.parsed.ref, one, [])


async def test_an_object_is_edited_with_the_right_to_patch():
    """A console that only reads makes manifests, for which no right is needed."""
    alice = held(manifests.consumer())
    assert Permissions() == await asked(alice, ("patch", "Consumer", "default"))
    assert "you may not patch consumers.postern.dev in namespace default" == (await asked(alice)).edit
    assert Permissions() == await asked(alice, writes=False)


async def test_an_object_that_a_tool_keeps_is_not_edited():
    """Whatever the rights are; a manifest can be made of it, with a note."""
    alice = held(manifests.consumer(), labels={"app.kubernetes.io/managed-by": "Helm"})
    permissions = await asked(alice, ("patch", "Consumer", "default"))
    assert "Helm keeps it as its source has it; change it there" == permissions.edit
    noted = await asked(alice, writes=False)
    assert ("", True) == (noted.edit, noted.note.startswith("Helm keeps it"))


async def test_a_token_takes_the_right_to_its_secret():
    """One that may not be read is named, before a form is filled in."""
    credential = held(manifests.credential())
    assert "you may not get Secret default/alice" == (await asked(credential, writes=False)).token
    assert "" == (await asked(credential, ("get", "Secret", "default"))).token


@pytest.mark.parametrize(
    ("allowed", "is_barred"),
    [
        ([("create", "Route", "b"), ("patch", "Route", "b")], False),
        ([("create", "Route", "b"), ("patch", "Route", "a")], True),
        ([("create", "Route", "c"), ("patch", "Route", "c")], True),
    ],
)
async def test_a_new_object_takes_the_right_to_create_and_to_patch_somewhere(allowed, is_barred):
    """In one of the namespaces that are known, both of them."""
    asking = Asking(Connection(), Reviews(*allowed), True)
    permissions = await permissions_of(asking, Ref("Route", "", ""), None, ["", "a", "b"])
    assert is_barred == bool(permissions.edit)


async def test_an_object_that_has_gone_bars_nothing():
    """Its page does not exist."""
    assert Permissions() == await permissions_of(Asking(Connection(), Reviews(), True), ALICE, None, [])


async def test_a_kind_without_a_form_takes_no_right():
    """There is nothing to be done with it from here."""
    for ref in (Ref("Ingress", "", ""), Ref("TokenIssuer", "default", "a")):
        assert Permissions() == await permissions_of(Asking(Connection(), Reviews(), True), ref, None, ["a"])
