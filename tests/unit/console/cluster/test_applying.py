"""A change is tried out before it is made, and what the API server says of it is said at the right place."""

from __future__ import annotations

from dataclasses import replace

import pytest

import manifests
from answering_api import refused
from postern_cli.sources import Where
from postern_console.cluster import applying
from postern_console.cluster.applying import carry_out, live_object, tried_out
from postern_console.cluster.cluster_change import change_of
from postern_console.editing.change import RefusedChangeError
from postern_core.ref import Ref
from postern_operator.errors import LocalError

REF = Ref("Consumer", "default", "alice")
PATH = "/apis/postern.dev/v1alpha1/namespaces/default/consumers/alice"
CONFLICT = refused(
    409, "Conflict", "", ("FieldManagerConflict", 'conflict with "kubectl" using postern.dev/v1alpha1', ".spec.groups")
)
MODIFIED = refused(409, "Conflict", "the object has been modified")


def stored(version="7", **spec):
    manifest = manifests.consumer(**spec)
    fields = [{"manager": "kubectl", "operation": "Update", "fieldsV1": {"f:spec": {"f:groups": {}, "f:customID": {}}}}]
    return {**manifest, "metadata": {**manifest["metadata"], "resourceVersion": version, "managedFields": fields}}


def change(live=None, ref=REF, **spec):
    manifest = {**manifests.consumer(**spec), "kind": ref.kind}
    return replace(change_of(ref, live and manifests.consumer(**live["spec"]), manifest, Where()), live=live)


async def test_a_change_that_would_be_accepted_is_as_it_was(server):
    """The dry run names the version that was looked at; one of an object that is not there yet is 0."""
    api, client = server
    new, old = change(groups=["a"]), change(stored(groups=["b"]), groups=["a"])
    api.answers = [(201, stored(groups=["a"])), (200, stored(groups=["a"]))]
    assert (new, old) == (await tried_out(client, new), await tried_out(client, old))
    assert ["0", "7"] == [it.body["metadata"]["resourceVersion"] for it in api.asked]
    assert {"All"} == {it.query["dryRun"] for it in api.asked}


async def test_fields_of_others_are_named_with_their_owners(server):
    """A value that another has set is a conflict, and one that it would keep."""
    api, client = server
    api.answers = [CONFLICT, (200, stored(groups=["b"], customID="c"))]
    tried = await tried_out(client, change(stored(groups=["b"]), groups=["a"]))
    assert ((("spec.groups", "kubectl"),), applying.OWNED) == (tried.conflicts, tried.why_not)
    tried = await tried_out(client, change(stored(groups=["b"], customID="c"), customID="c"))
    assert (("spec.groups", "kubectl"),) == tried.conflicts


async def test_fields_that_are_taken_over_are_tried_out_as_a_patch(server):
    """Apply would not remove what another owns; the patch has the whole difference."""
    api, client = server
    api.answers = [(200, stored(customID="d"))]
    taken = replace(change(stored(groups=["b"], customID="c"), customID="d"), takes_over=True)
    assert taken == await tried_out(client, taken)
    assert {"metadata": {"resourceVersion": "7"}, "spec": {"groups": None, "customID": "d"}} == api.asked[0].body


async def test_a_block_that_becomes_empty_is_patched(server):
    """Apply would make null of it, or be refused for that; a field of another is a conflict all the same."""
    api, client = server
    mine = stored(groups=["b"])
    mine["metadata"]["managedFields"][0] |= {"manager": "postern-console", "operation": "Apply"}
    refusal = refused(422, "Invalid", "", ("FieldValueTypeInvalid", "must be of type object", "spec"))
    for answer in (refusal, (200, {**stored(), "spec": None} | {"spec": {"groups": ["b"]}})):
        api.answers = [answer, (200, stored()), (200, stored())]
        tried = await tried_out(client, change(mine))
        assert (True, "") == (tried.is_patch, tried.why_not)
        await carry_out(client, tried)
        assert {"metadata": {"resourceVersion": "7"}, "spec": {"groups": None}} == api.asked[-1].body
    api.answers = [refusal]
    assert (("spec.groups", "kubectl"),) == (await tried_out(client, change(stored(groups=["b"])))).conflicts


@pytest.mark.parametrize("live", [None, stored(groups=["b"])])
async def test_what_is_not_accepted_stands_at_its_field(server, live):
    """The path is the API server's."""
    api, client = server
    api.answers = [refused(422, "Invalid", "", ("FieldValueInvalid", "too long", "spec.customID"))] * 2
    with pytest.raises(RefusedChangeError) as caught:
        await tried_out(client, change(live, customID="x", groups=["b"]))
    assert [("spec.customID", "too long")] == [(it.field, it.message) for it in caught.value.problems]


async def test_a_name_that_was_taken_meanwhile_is_said(server):
    """The API server refuses version 0 for an object that is there."""
    api, client = server
    api.answers = [refused(422, "Invalid", "", ("X", "must be specified for an update", "metadata.resourceVersion"))]
    with pytest.raises(RefusedChangeError, match="is taken"):
        await tried_out(client, change(groups=["a"]))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (refused(403, "Forbidden", 'User "x" cannot patch resource "consumers" in API group "postern.dev"'),
         "you may not patch consumers.postern.dev in namespace default"),
        (refused(403, "Forbidden", "denied by a policy"), "(403 Forbidden): denied by a policy"),
        (refused(500, "", "at http://u:s3cret@h/"), "(500 ): at http://...@h/"),
    ],
)  # fmt: skip
async def test_why_a_change_is_refused_is_said(server, answer, told):
    """A right that is missing in words, and all else with the status."""
    api, client = server
    api.answers = [answer]
    assert (await tried_out(client, change(groups=["a"]))).why_not.endswith(told)


async def test_a_message_about_keys_is_not_shown(server):
    """It may quote a secret that was typed into a wrong field."""
    api, client = server
    api.answers = [
        refused(500, "", "bad value s3cret"),
        refused(422, "", "", ("X", "Invalid value: s3cret", "spec.key")),
    ]
    credential = change(ref=Ref("JWTCredential", "default", "alice"))
    assert "s3cret" not in (await tried_out(client, credential)).why_not
    with pytest.raises(RefusedChangeError) as caught:
        await tried_out(client, credential)
    assert "s3cret" not in str(caught.value)


async def test_a_change_is_applied(server):
    """Without force, at the version that was looked at."""
    api, client = server
    api.answers = [(200, {})]
    await carry_out(client, change(stored(groups=["b"]), groups=["a"]))
    assert ("7", "false") == (api.asked[0].body["metadata"]["resourceVersion"], api.asked[0].query["force"])


async def test_a_status_that_was_written_meanwhile_does_not_matter(server):
    """The object is looked at again, and is the same."""
    api, client = server
    api.answers = [MODIFIED, (200, stored("8", groups=["b"]) | {"status": {}}), (200, {})]
    await carry_out(client, change(stored(groups=["b"]), groups=["a"]))
    assert "8" == api.asked[-1].body["metadata"]["resourceVersion"]


@pytest.mark.parametrize("then", [[(200, stored("8", groups=["c"]))], [refused(404)]])
async def test_an_object_that_was_changed_meanwhile_is_not_written(server, then):
    """What another has written is not lost."""
    api, client = server
    api.answers = [MODIFIED, *then]
    with pytest.raises(LocalError, match="has changed since"):
        await carry_out(client, change(stored(groups=["b"]), groups=["a"]))


async def test_an_object_that_never_rests_is_not_written(server):
    """A save ends after three attempts."""
    api, client = server
    api.answers = [MODIFIED, (200, stored("8", groups=["b"]))] * 3
    with pytest.raises(LocalError, match="has changed since"):
        await carry_out(client, change(stored(groups=["b"]), groups=["a"]))


async def test_fields_are_taken_over_before_they_are_changed(server):
    """Their owner becomes the console, at the version that was looked at, and then the object is applied by force."""
    api, client = server
    api.answers = [(200, stored("8", groups=["b"])), (200, stored("8", groups=["a"])), (200, {})]
    await carry_out(client, replace(change(stored(groups=["b"]), groups=["a"]), takes_over=True))
    moved, _, applied = api.asked
    assert ("7", "postern-console") == (
        moved.body["metadata"]["resourceVersion"],
        moved.body["metadata"]["managedFields"][-1]["manager"],
    )
    assert ("8", "true") == (applied.body["metadata"]["resourceVersion"], applied.query["force"])


async def test_a_conflict_that_came_meanwhile_is_said(server):
    """Nothing is forced that was not asked for."""
    api, client = server
    api.answers = [CONFLICT]
    with pytest.raises(LocalError, match="own fields"):
        await carry_out(client, change(stored(groups=["b"]), groups=["a"]))


async def test_an_object_is_read_as_it_is_now(server):
    """None where there is none."""
    api, client = server
    api.answers = [(200, stored()), refused(404)]
    assert (stored(), None) == (await live_object(client, REF), await live_object(client, REF))
    assert {PATH} == {it.path for it in api.asked}
