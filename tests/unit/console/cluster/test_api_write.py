"""Requests that may change something: how they are asked, and a refusal as a value."""

from __future__ import annotations

import pytest

from answering_api import refused
from postern_cli.errors import ClusterReadingError
from postern_console.cluster.api_write import Cause, Refusal, apply, create, merge

STRICT = {"fieldManager": "postern-console", "fieldValidation": "Strict"}


async def test_an_object_is_applied_as_one_manager(server):
    """A dry run says so, and force is only used where fields are taken over."""
    api, client = server
    api.answers = [(200, {"a": 1})] * 2
    assert {"a": 1} == await apply(client, "/x", {"b": 2}, is_dry=True, is_forced=False)
    await apply(client, "/x", {"b": 2}, is_dry=False, is_forced=True)
    first, second = api.asked
    assert ("PATCH", "/x", "application/apply-patch+yaml", {"b": 2}) == (
        first.method,
        first.path,
        first.kind,
        first.body,
    )
    assert STRICT | {"force": "false", "dryRun": "All"} == first.query
    assert STRICT | {"force": "true"} == second.query


async def test_fields_are_merged_and_objects_created(server):
    """The kind of the patch says what a null means."""
    api, client = server
    api.answers = [(200, {}), (201, {})]
    await merge(client, "/x", {"a": None}, is_dry=False)
    await create(client, "/y", {"a": 1})
    assert [("PATCH", "application/merge-patch+json"), ("POST", "application/json")] == [
        (it.method, it.kind) for it in api.asked
    ]


async def test_a_refusal_has_its_causes(server):
    """A refusal keeps each cause with its field; an answer that is no JSON has none."""
    api, client = server
    api.answers = [refused(409, "Conflict", "no", ("X", "m", ".spec.a")), (500, "broken")]
    told = await apply(client, "/x", {}, is_dry=True, is_forced=False)
    assert Refusal(409, "Conflict", "no", (Cause("X", "m", ".spec.a"),)) == told
    assert Refusal(500, "", "", ()) == await create(client, "/x", {})


async def test_a_user_that_is_not_known_is_an_error(server):
    """The kubeconfig is read again then."""
    api, client = server
    api.answers = [refused(401)]
    with pytest.raises(ClusterReadingError, match="does not know you"):
        await create(client, "/x", {})
