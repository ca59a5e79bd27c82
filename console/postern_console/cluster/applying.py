"""A change tried out and carried out in a cluster: server-side apply, or fields taken over from those who own them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kubernetes.aio.client import ApiClient

from postern_cli.cluster.api_get import FORBIDDEN, NOT_FOUND, api_get
from postern_cli.errors import RefusedError
from postern_console.editing.change import RefusedChangeError
from postern_console.shown_manifest import KINDS_WITH_KEYS, without_user_info
from postern_core.kinds import API_VERSION, KINDS
from postern_core.problems import Problem, Reason, printable
from postern_core.ref import Ref
from postern_operator.cluster.api.reader import Resource
from postern_operator.errors import LocalError

from .api_write import CONFLICT, FIELD_MANAGER, INVALID, Refusal, apply, merge
from .cluster_change import ClusterChange
from .held_objects import written_part
from .ownership import fields_of_spec, newly_owned, owners_of, removed_fields, unlike_fields, with_spec_of

# An operator that writes into the status at the same time changes the version of an object, and nothing of ours.
ATTEMPTS = 3
# The version of an object that is not there: the API server refuses it for one that is.
NO_VERSION = "0"

CHANGED = "the object has changed since it was looked at; look at the difference again"
TAKEN = "is taken in this namespace"
OWNED = "other clients own fields that it changes"


def path_of(ref: Ref) -> str:
    """The path of an object in the API."""
    return Resource(API_VERSION, ref.kind, KINDS[ref.kind].plural).path(ref.namespace, ref.name)


async def live_object(api: ApiClient, ref: Ref) -> dict[str, Any] | None:
    """All that the API server has of an object, None where there is none."""
    try:
        return (await api_get(api, path_of(ref))).content
    except RefusedError as error:
        if error.status == NOT_FOUND:
            return None
        raise


async def tried_out(api: ApiClient, change: ClusterChange) -> ClusterChange:
    """The change with what the API server would say to it; raises `RefusedChangeError` for what it does not accept."""
    live = change.live
    if change.takes_over and live is not None:
        answer = await merge(api, path_of(change.ref), _patch(change, live), is_dry=True)
        return _judged(change, answer)
    answer = await _apply(api, change, live, is_dry=True)
    if live is None or (isinstance(answer, Refusal) and answer.status != INVALID):
        return _judged(change, answer)
    old, new = _spec(live), change.manifest["spec"]
    unlike = list(unlike_fields(old, new, _spec(answer))) if not isinstance(answer, Refusal) else [()]
    if not unlike:
        return change
    # Apply leaves what others own, and makes null of a block whose last field it removes: a patch does not.
    owned = {field: owners_of(live, field, FIELD_MANAGER) for field in {*unlike, *removed_fields(old, new)} if field}
    conflicts = tuple(
        ("spec." + ".".join(field), ", ".join(owners)) for field, owners in sorted(owned.items()) if owners
    )
    if conflicts:
        return replace(change, conflicts=conflicts, why_not=OWNED)
    answer = await merge(api, path_of(change.ref), _patch(change, live), is_dry=True)
    return replace(_judged(change, answer), is_patch=True)


def _judged(change: ClusterChange, answer: dict[str, Any] | Refusal) -> ClusterChange:
    if not isinstance(answer, Refusal):
        return change
    conflicts = _conflicts(answer)
    return replace(change, conflicts=conflicts, why_not=OWNED if conflicts else _why_not(change.ref, answer))


async def carry_out(api: ApiClient, change: ClusterChange) -> None:
    """Apply a change that was tried out; raises `LocalError` where the object is not as it was."""
    live = change.live
    for _ in range(ATTEMPTS):
        answer = await _write(api, change, live)
        if not isinstance(answer, Refusal):
            return
        if answer.status != CONFLICT or _conflicts(answer) or live is None:
            raise LocalError(OWNED if _conflicts(answer) else _why_not(change.ref, answer))
        live = await _same_object(api, change)
    raise LocalError(CHANGED)


async def _write(api: ApiClient, change: ClusterChange, live: Mapping[str, Any] | None) -> dict[str, Any] | Refusal:
    is_patch = change.is_patch
    if change.takes_over and live is not None:
        # Applied without a field, an object loses it only where no other manager owns it: so the owners change first.
        fields = {"resourceVersion": _version(live), "managedFields": with_spec_of(live, FIELD_MANAGER)}
        moved = await merge(api, path_of(change.ref), {"metadata": fields}, is_dry=False)
        if isinstance(moved, Refusal):
            return moved
        live = moved
        tried = await _apply(api, change, live, is_dry=True)
        is_patch = isinstance(tried, Refusal) or any(unlike_fields(_spec(live), change.manifest["spec"], _spec(tried)))
    if is_patch and live is not None:
        return await merge(api, path_of(change.ref), _patch(change, live), is_dry=False)
    return await _apply(api, change, live, is_dry=False)


async def _apply(
    api: ApiClient, change: ClusterChange, live: Mapping[str, Any] | None, *, is_dry: bool
) -> dict[str, Any] | Refusal:
    manifest = _versioned(change, live)
    return await apply(api, path_of(change.ref), manifest, is_dry=is_dry, is_forced=change.takes_over)


def _patch(change: ClusterChange, live: Mapping[str, Any]) -> dict[str, Any]:
    """The whole change as a merge patch of the object as it was looked at."""
    spec = _patch_of(_spec(live), change.manifest["spec"])
    return {"metadata": {"resourceVersion": _version(live)}, "spec": spec}


async def _same_object(api: ApiClient, change: ClusterChange) -> dict[str, Any]:
    """The object anew; raises `LocalError` where it has become another than the one that was looked at."""
    live = await live_object(api, change.ref)
    if live is None or change.live is None or written_part(live) != written_part(change.live):
        raise LocalError(CHANGED)
    return live


def _versioned(change: ClusterChange, live: Mapping[str, Any] | None) -> dict[str, Any]:
    version = NO_VERSION if live is None else _version(live)
    metadata = {**change.manifest["metadata"], "resourceVersion": version}
    spec = change.manifest["spec"]
    if live is not None:
        spec = newly_owned(spec, _spec(live), fields_of_spec(live, FIELD_MANAGER))
    return {**change.manifest, "metadata": metadata, "spec": spec}


def _version(live: Mapping[str, Any]) -> str:
    return str(live["metadata"]["resourceVersion"])


def _spec(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    return manifest.get("spec") or {}


def _patch_of(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The merge patch between two specs (RFC 7396)."""
    patch: dict[str, Any] = dict.fromkeys(old.keys() - new.keys())
    for name, value in new.items():
        before = old.get(name)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            patch[name] = _patch_of(before, value)
        elif before != value:
            patch[name] = value
    return patch


def _conflicts(refusal: Refusal) -> tuple[tuple[str, str], ...]:
    """The fields that others own, and who."""
    found = (cause for cause in refusal.causes if refusal.status == CONFLICT and cause.reason == "FieldManagerConflict")
    return tuple((cause.field.lstrip("."), _manager(cause.message)) for cause in found)


def _manager(message: str) -> str:
    named = re.search(r'conflict with "([^"]*)"', message)
    return printable(named[1] if named else message)


def _why_not(ref: Ref, refusal: Refusal) -> str:
    """Why the API server refuses a change; raises `RefusedChangeError` for fields, `LocalError` for a lost update."""
    if refusal.status == CONFLICT and not refusal.causes:
        raise LocalError(CHANGED)
    if any(cause.field == "metadata.resourceVersion" for cause in refusal.causes):
        raise RefusedChangeError((Problem(ref, Reason.INVALID, "metadata.name", TAKEN),))
    if refusal.status == INVALID and refusal.causes:
        raise RefusedChangeError(
            tuple(
                Problem(ref, Reason.INVALID, cause.field, _said(ref, cause.message or cause.reason))
                for cause in refusal.causes
            )
        )
    if refusal.status == FORBIDDEN and (denied := re.search(r'cannot (\w+) resource "([^"]+)"', refusal.message)):
        return f"you may not {denied[1]} {denied[2]}.postern.dev in namespace {ref.namespace}"
    return f"the API server refuses it ({refusal.status} {refusal.reason}): {_said(ref, refusal.message)}"


def _said(ref: Ref, message: str) -> str:
    """A message as a page may show it: it may quote what was sent, which for keys could be a secret."""
    if ref.kind in KINDS_WITH_KEYS:
        return "is not accepted; kubectl says why"
    return printable(without_user_info(message))
