"""Writes manifests: a form, the difference that it makes, and the save; nothing is written before one has seen it."""

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

from .editing.fields import Form, typed_values
from .editing.forms import FORMS, fields_for, fit_to_show, manifest_of, spec_of_form, values_for
from .editing.review import Review, by_field, difference
from .editing.target import Change, added_document, changed_document, save
from .folder_objects import FolderObjects
from .gatekeeper import fields_of, page_response
from .object_document import document_of
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

    def __init__(self, objects: FolderObjects, templates: Templates) -> None:
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
            change = await asyncio.to_thread(self._change, draft)
            if form.get("action") == ["save"] and form.get("digest") == [change.digest]:
                await asyncio.to_thread(save, change)
                raise web.HTTPSeeOther(object_path(ref))
        except LocalError as error:
            return self._form(state, draft.asked, draft.spec, {"": [str(error)]}, 422)
        return self._review(state, draft, form, change, review)

    def _change(self, draft: Draft) -> Change:
        if draft.parsed is None:
            return added_document(self._objects.folders, draft.asked.ref, draft.manifest)
        return changed_document(draft.parsed, draft.manifest)

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
        document = await asyncio.to_thread(document_of, parsed)
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
        page = review_page(state, draft.asked, form, difference(change, draft.changed, review.own), review)
        return page_response(self._templates.render("review.html", page))


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
