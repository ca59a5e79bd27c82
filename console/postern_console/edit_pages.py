"""Writes objects: a form, the difference that it makes, and the save; nothing is written before one has seen it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from postern_core.kinds import KINDS
from postern_core.parse import Parsed, parse_manifest
from postern_core.ref import Ref
from postern_operator.errors import LocalError

from .editing.change import Change, file_name
from .editing.fields import Form, typed_values
from .editing.forms import FORMS, fields_for, fit_to_show, manifest_of, spec_of_form, values_for
from .editing.review import Review, by_field, difference
from .gatekeeper import fields_of, page_response
from .objects import ConsoleObjects
from .rendering import Templates
from .state import ConsoleState
from .views.edit import Asked, edit_page, review_page, usual_namespace
from .views.links import object_path

KIND_BY_PLURAL = {KINDS[kind].plural: kind for kind in FORMS}

CHANGED = (
    "The object has changed since this form was opened. What was typed is kept; the difference that comes next is that "
    "to the object as it is now."
)


@dataclass(frozen=True, slots=True)
class Draft:
    """An object as a form would have it; `parsed` is the one that is there, None for a new one."""

    asked: Asked
    parsed: Parsed | None
    spec: Mapping[str, Any]
    manifest: Mapping[str, Any]

    @property
    def changed(self) -> Parsed:
        return parse_manifest(self.manifest)


class EditPages:
    """The forms, and what comes of them."""

    def __init__(self, objects: ConsoleObjects, templates: Templates) -> None:
        self._objects = objects
        self._templates = templates
        # From the reading to the write: of two saves at once, each would be without the other's.
        self._lock = asyncio.Lock()

    async def form(self, request: web.Request) -> web.Response:
        """The form of a new object, or of one that is there."""
        state = await self._objects.state()
        kind, parsed, manifest = await self._found(request, state)
        spec = manifest.get("spec", {})
        ref = parsed.ref if parsed else Ref(kind, usual_namespace(state), "")
        asked = Asked(ref, is_new=parsed is None, values=values_for(kind, spec), document=_digest(manifest))
        return self._form(state, asked, spec, {})

    async def answer(self, request: web.Request) -> web.Response:
        """The form again for mistakes, else the difference, and for one that was seen the save."""
        form = await fields_of(request)
        async with self._lock:
            return await self._answer(request, form)

    async def _answer(self, request: web.Request, form: Form) -> web.Response:
        state = await self._objects.state()
        draft = _draft(form, *await self._found(request, state))
        ref = draft.asked.ref
        if draft.parsed is not None and form.get("document") != [draft.asked.document]:
            return self._form(state, draft.asked, draft.spec, {"": [CHANGED]}, 409)
        if draft.parsed is None and ref in state.objects:
            return self._form(state, draft.asked, draft.spec, {"name": ["is taken in this namespace"]}, 422)
        changed = draft.changed
        review = await self._objects.review(changed)
        if review.refuses:
            mistakes = by_field(
                review.own, fields_for(ref.kind, draft.spec), [name for name in form if any(form[name])]
            )
            return self._form(state, draft.asked, draft.spec, mistakes, 422)
        try:
            change = await self._objects.change(draft.parsed, ref, draft.manifest)
            if form.get("action") == ["download"] and change.command:
                return _download(change, ref)
            if form.get("action") == ["save"] and change.why_not:
                raise web.HTTPForbidden(reason=change.why_not)
            if form.get("action") == ["save"] and form.get("digest") == [change.digest]:
                await self._objects.save(change)
                raise web.HTTPSeeOther(object_path(ref))
        except LocalError as error:
            return self._form(state, draft.asked, draft.spec, {"": [str(error)]}, 422)
        return self._review(state, draft, form, change, review)

    async def _found(self, request: web.Request, state: ConsoleState) -> tuple[str, Parsed | None, Mapping[str, Any]]:
        """The kind, and for an object that is there the object and its manifest."""
        given = request.match_info
        kind = KIND_BY_PLURAL[given["plural"]]
        if "name" not in given:
            return kind, None, {}
        parsed = state.objects.get(Ref(kind, given["namespace"], given["name"]))
        # One that can't be decoded has no fields to be shown.
        if parsed is None or parsed.resource is None:
            raise web.HTTPNotFound
        document = await self._objects.document(parsed)
        if document is None:
            raise web.HTTPConflict
        return kind, parsed, document.manifest

    def _form(
        self,
        state: ConsoleState,
        asked: Asked,
        spec: Mapping[str, Any],
        mistakes: Mapping[str, Sequence[str]],
        status: int = 200,
    ) -> web.Response:
        page = edit_page(state, asked, fields_for(asked.ref.kind, spec), mistakes)
        return page_response(self._templates.render("edit.html", page), status)

    def _review(self, state: ConsoleState, draft: Draft, form: Form, change: Change, review: Review) -> web.Response:
        seen = difference(change, draft.changed, review.own)
        page = review_page(state, draft.asked, form, seen, review)
        return page_response(self._templates.render("review.html", page))


def _download(change: Change, ref: Ref) -> web.Response:
    """The manifest as a file; it is what the user has typed, and goes to nowhere else."""
    headers = {"Content-Disposition": f'attachment; filename="{file_name(ref)}"'}
    return web.Response(body=change.to_apply.encode(), content_type="application/yaml", headers=headers)


def _draft(form: Form, kind: str, parsed: Parsed | None, manifest: Mapping[str, Any]) -> Draft:
    spec = manifest.get("spec") or {}
    values = typed_values(fields_for(kind, spec), form)
    changed, shown = spec_of_form(kind, spec, values), fit_to_show(values)
    if parsed is not None:
        asked = Asked(parsed.ref, is_new=False, values=shown, document=_digest(manifest))
        return Draft(asked, parsed, spec, {**manifest, "spec": changed})
    name, namespace = ((form.get(field) or [""])[0].strip() for field in ("name", "namespace"))
    ref = Ref(kind, namespace or "default", name)
    return Draft(Asked(ref, is_new=True, values=shown), None, spec, manifest_of(kind, ref.namespace, name, changed))


def _digest(manifest: Mapping[str, Any]) -> str:
    """By which it is known that an object is not as it was when its form was opened."""
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
