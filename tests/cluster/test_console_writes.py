"""A console that writes into a real cluster: by server-side apply, with the rights of its user, and no lost update."""

from __future__ import annotations

import contextlib

import pytest

import manifests
from postern_cli.sources import Where
from postern_console.cluster.applying import OWNED
from postern_console.cluster.cluster_objects import ClusterObjects
from postern_console.cluster.session import Session
from postern_console.editing.change import RefusedChangeError
from postern_core.ref import Ref
from postern_operator.errors import LocalError


@contextlib.asynccontextmanager
async def objects_of(kubeconfig, namespace):
    """The objects of a namespace, for a console that writes."""
    where = Where(kubeconfig=str(kubeconfig), namespace=namespace)
    async with Session(where) as session, ClusterObjects(session, where, writes=True) as objects:
        yield objects


@pytest.fixture
async def objects(crds, kubectl, namespace):
    """Those of a fresh namespace, as administrator."""
    async with objects_of(kubectl.kubeconfig, namespace) as objects:
        yield objects


def consumer(namespace, **spec):
    return manifests.consumer("alice", namespace, **spec)


async def found(objects, namespace):
    """Alice as a page has her."""
    ref = Ref("Consumer", namespace, "alice")
    return ref, await objects.document((await objects.state()).objects[ref])


async def change_to(objects, namespace, takes_over=False, **spec):
    """Alice with another spec, tried out."""
    ref, document = await found(objects, namespace)
    manifest = {**document.manifest, "spec": spec}
    return await objects.change(ref, manifest, document, takes_over=takes_over)


async def save_new(objects, namespace, **spec):
    ref = Ref("Consumer", namespace, "alice")
    change = await objects.change(ref, consumer(namespace, **spec), None, takes_over=False)
    await objects.save(change)


def spec_of(kubectl, namespace):
    return kubectl.get("consumers.postern.dev", "alice", namespace).get("spec", {})


async def test_an_object_is_made_and_changed(objects, kubectl, namespace):
    """The console owns what it has applied, so that it changes and removes it without a conflict."""
    await save_new(objects, namespace, groups=["a"], customID="x")
    assert {"groups": ["a"], "customID": "x"} == spec_of(kubectl, namespace)
    change = await change_to(objects, namespace, groups=["b"])
    assert ((), "") == (change.conflicts, change.why_not)
    await objects.save(change)
    assert {"groups": ["b"]} == spec_of(kubectl, namespace)


async def test_a_name_that_is_taken_is_not_applied_over(objects, kubectl, namespace):
    """It may be taken between the look at a change and its save."""
    ref = Ref("Consumer", namespace, "alice")
    change = await objects.change(ref, consumer(namespace), None, takes_over=False)
    kubectl.apply(consumer(namespace, groups=["theirs"]))
    with pytest.raises(LocalError, match="is taken"):
        await objects.save(change)
    with pytest.raises(RefusedChangeError, match="is taken"):
        await objects.change(ref, consumer(namespace), None, takes_over=False)
    assert {"groups": ["theirs"]} == spec_of(kubectl, namespace)


async def test_a_field_of_another_client_is_taken_over_only_when_asked(objects, kubectl, namespace):
    """A change of a value, a removal, and a member of a set that would stay are conflicts with their owner."""
    kubectl.apply(consumer(namespace, groups=["a"], customID="x"))
    for spec, field in (({"groups": ["a"], "customID": "y"}, "spec.customID"), ({"groups": ["a"]}, "spec.customID"),
                        ({"groups": ["b"], "customID": "x"}, "spec.groups")):  # fmt: skip
        change = await change_to(objects, namespace, **spec)
        assert (((field, "tests"),), OWNED) == (change.conflicts, change.why_not)
    change = await change_to(objects, namespace, takes_over=True, groups=["b"])
    assert ((), "") == (change.conflicts, change.why_not)
    await objects.save(change)
    assert {"groups": ["b"]} == spec_of(kubectl, namespace)


async def test_a_field_that_is_not_changed_stays_with_its_owner(objects, kubectl, namespace):
    """A client that removes a field of its own later still removes it."""
    kubectl.apply(consumer(namespace, groups=["a"]))
    await objects.save(await change_to(objects, namespace, groups=["a"], customID="mine"))
    assert 0 == kubectl.apply(consumer(namespace)).returncode
    assert {"customID": "mine"} == spec_of(kubectl, namespace)
    await objects.save(await change_to(objects, namespace, groups=["b"], customID="mine"))
    assert {"groups": ["b"], "customID": "mine"} == spec_of(kubectl, namespace)
    await objects.save(await change_to(objects, namespace))
    assert {} == spec_of(kubectl, namespace)


@pytest.mark.parametrize("is_theirs", [False, True])
async def test_a_protection_stays_when_its_last_field_goes(objects, kubectl, namespace, is_theirs):
    """A Service whose mode becomes the default still demands a token, whoever has written it before."""
    ref = Ref("Service", namespace, "app")
    optional = manifests.service(namespace=namespace, auth={"jwt": {"mode": "Optional"}})
    if is_theirs:
        kubectl.apply(optional)
    else:
        await objects.save(await objects.change(ref, optional, None, takes_over=False))
    document = await objects.document((await objects.state()).objects[ref])
    manifest = {**document.manifest, "spec": {**document.manifest["spec"], "auth": {"jwt": {}}}}
    change = await objects.change(ref, manifest, document, takes_over=is_theirs)
    assert ((), "") == (change.conflicts, change.why_not)
    await objects.save(change)
    assert "Required" == kubectl.get("services.postern.dev", "app", namespace)["spec"]["auth"]["jwt"]["mode"]


async def test_an_update_of_another_is_not_lost(objects, kubectl, namespace):
    """An object that was changed after the look at it is not written."""
    await save_new(objects, namespace, groups=["a"])
    change = await change_to(objects, namespace, groups=["b"])
    patch = '{"spec":{"customID":"theirs"}}'
    kubectl("patch", "consumers.postern.dev", "alice", f"-n{namespace}", "--type=merge", f"--patch={patch}", check=True)
    with pytest.raises(LocalError, match="has changed since"):
        await objects.save(change)
    assert {"groups": ["a"], "customID": "theirs"} == spec_of(kubectl, namespace)


async def test_a_status_that_is_written_meanwhile_is_no_update(objects, kubectl, namespace):
    """An operator that writes conditions does not hold up a save."""
    await save_new(objects, namespace, groups=["a"])
    change = await change_to(objects, namespace, groups=["b"])
    patch = '{"status":{"observedGeneration":1}}'
    where = ("consumers.postern.dev", "alice", f"-n{namespace}", "--subresource=status", "--type=merge")
    kubectl("patch", *where, f"--patch={patch}", check=True)
    await objects.save(change)
    assert {"groups": ["b"]} == spec_of(kubectl, namespace)


async def test_an_object_of_a_release_is_not_edited(objects, kubectl, namespace):
    """Helm would set it back with the next upgrade."""
    manifest = consumer(namespace)
    manifest["metadata"]["labels"] = {"app.kubernetes.io/managed-by": "Helm"}
    kubectl.apply(manifest)
    permissions = await objects.permissions((await found(objects, namespace))[0])
    assert "Helm keeps it as its source has it; change it there" == permissions.edit


async def test_an_account_does_what_its_rights_allow(objects, kubectl, namespace, account):
    """One that may only read has no form, and a change of it is refused in words."""
    kubectl.apply(consumer(namespace), manifests.credential(namespace=namespace))
    rights = ("--verb=get,list", "--resource=consumers.postern.dev,jwtcredentials.postern.dev", f"-n{namespace}")
    kubectl("create", "role", "reader", *rights, check=True)
    reader = account(namespace, "reader")
    kubectl("create", "rolebinding", "reader", "--role=reader", f"--serviceaccount={namespace}:reader",
            f"-n{namespace}", check=True)  # fmt: skip
    async with objects_of(reader, namespace) as limited:
        ref, _ = await found(limited, namespace)
        told = f"you may not patch consumers.postern.dev in namespace {namespace}"
        assert told == (await limited.permissions(ref)).edit
        assert told == (await change_to(limited, namespace, groups=["a"])).why_not
        assert "you may not create and patch" in (await limited.permissions(Ref("Consumer", "", ""))).edit
        credential = await limited.permissions(Ref("JWTCredential", namespace, "alice"))
        assert f"you may not get Secret {namespace}/alice" == credential.token
        assert f"Service of {namespace} (403 Forbidden)" in (await limited.state()).left_out
