"""Writes objects: a form, the difference that it makes, and the save; nothing is written before one has seen it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from postern_core.kinds import KINDS
from postern_core.parse import Parsed, parse_manifest
from postern_core.problems import Problem
from postern_core.ref import Ref
from postern_operator.errors import LocalError

from .editing.change import Change, RefusedChangeError, file_name
from .editing.fields import Form, typed_values
from .editing.forms import FORMS, fields_for, fit_to_show, manifest_of, spec_of_form, values_for
from .editing.review import Review, by_field, difference
from .editing.typed_secret import (
    ELSEWHERE,
    PENDING,
    SECRET,
    KnownSecrets,
    PendingSecrets,
    TypedSecret,
    foreign_names,
    mistakes_of,
    typed_secret_of,
)
from .gatekeeper import fields_of, page_response
from .object_document import ObjectDocument
from .objects import ConsoleObjects
from .rendering import Templates
from .state import ConsoleState
from .views.edit import TAKE_OVER, Asked, edit_page, review_page, usual_namespace
from .views.links import object_path

KIND_BY_PLURAL = {KINDS[kind].plural: kind for kind in FORMS}

CHANGED = (
    "The object has changed since this form was opened. What was typed is kept; the difference that comes next is that "
    "to the object as it is now."
)


FOREIGN = (
    "names no Secret of these folders, or no entry of it. What was typed may be a secret, and is not shown again; type "
    "it anew with the tick for a Secret that is elsewhere"
)
FORGOTTEN = "was kept for ten minutes only; type it anew"


@dataclass(frozen=True, slots=True)
class Found:
    """What a form is about: an object that is there with its manifest, or a kind for a new one."""

    kind: str
    parsed: Parsed | None = None
    document: ObjectDocument | None = None

    @property
    def manifest(self) -> Mapping[str, Any]:
        return self.document.manifest if self.document else {}


@dataclass(frozen=True, slots=True)
class Draft:
    """An object as a form would have it; `found` is what is there."""

    asked: Asked
    found: Found
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
        self._pending = PendingSecrets(time.monotonic)

    async def form(self, request: web.Request) -> web.Response:
        """The form of a new object, or of one that is there."""
        state = await self._objects.state()
        found = await self._found(request, state)
        kind, spec = found.kind, found.manifest.get("spec", {})
        ref = found.parsed.ref if found.parsed else Ref(kind, usual_namespace(state), "")
        asked = Asked(ref, found.parsed is None, values_for(kind, spec), _digest(found.manifest))
        return self._form(state, Draft(asked, found, spec, found.manifest), {}, 200)

    async def answer(self, request: web.Request) -> web.Response:
        """The form again for mistakes, else the difference, and for one that was seen the save."""
        form = await fields_of(request)
        async with self._lock:
            return await self._answer(request, form)

    async def _answer(self, request: web.Request, form: Form) -> web.Response:
        state = await self._objects.state()
        draft = _draft(form, await self._found(request, state))
        ref, is_there = draft.asked.ref, draft.found.parsed is not None
        if is_there and form.get("document") != [draft.asked.document]:
            return self._form(state, draft, {"": [CHANGED]}, 409)
        if not is_there and ref in state.objects:
            return self._form(state, draft, {"name": ["is taken in this namespace"]})
        typed, mistakes = self._typed(state, draft, form)
        if mistakes:
            return self._form(state, draft, mistakes)
        if typed is not None:
            draft = replace(draft, manifest=typed.named_by(draft.manifest))
        review = await self._objects.review(draft.changed, *([typed.parsed] if typed else ()))
        is_no_key = typed is not None and any(it.field.startswith("spec.keys") for it in review.own)
        if review.refuses or is_no_key:
            return self._form(state, draft, _mistakes(draft, review.own, form))
        try:
            return await self._changed(state, draft, form, review, typed)
        except RefusedChangeError as error:
            return self._form(state, draft, _mistakes(draft, error.problems, form))
        except LocalError as error:
            return self._form(state, draft, {"": [str(error)]})

    def _typed(
        self, state: ConsoleState, draft: Draft, form: Form
    ) -> tuple[TypedSecret | None, Mapping[str, Sequence[str]]]:
        """The secret that was typed just now or before the difference was seen, and what is wrong with the key."""
        ref = draft.asked.ref
        if ref.kind != "JWTCredential":
            return None, {}
        known = secrets_in(state, ref.namespace)
        foreign = foreign_names({name: texts[0] for name, texts in form.items() if texts}, draft.spec, known)
        if foreign and known is not None and not form.get(ELSEWHERE):
            return None, {foreign[0]: [FOREIGN]}
        if not state.takes_secrets:
            return None, {}
        kept = (form.get(PENDING) or [""])[0]
        typed = typed_secret_of(form, ref) or self._pending.find(kept, Ref("Secret", ref.namespace, ref.name))
        if typed is None:
            return None, {SECRET: [FORGOTTEN]} if kept else {}
        return typed, mistakes_of(typed, draft.manifest["spec"], known or {})

    async def _changed(
        self, state: ConsoleState, draft: Draft, form: Form, review: Review, typed: TypedSecret | None
    ) -> web.Response:
        """Show the change, save it where it was seen, or send it as a file."""
        action = (form.get("action") or [""])[0]
        takes_over = action == TAKE_OVER or form.get(TAKE_OVER) == ["on"]
        ref = draft.asked.ref
        change = await self._objects.change(ref, draft.manifest, draft.found.document, takes_over=takes_over)
        if action == "download" and change.command:
            return _download(change, ref)
        if action == "save" and change.why_not:
            raise web.HTTPForbidden(reason=change.why_not)
        secret = await self._objects.change(typed.ref, typed.manifest, None, takes_over=False) if typed else None
        if action == "save" and form.get("digest") == [change.digest]:
            # First, so that the credential never names a Secret that is not there.
            if secret is not None:
                await self._objects.save(secret)
            await self._objects.save(change)
            self._pending.drop((form.get(PENDING) or [""])[0])
            raise web.HTTPSeeOther(object_path(ref))
        seen = difference(change, draft.changed, review.own)
        kept = (self._pending.keep(typed), secret.place) if typed and secret else None
        page = review_page(state, draft.asked, form, seen, review, secret=kept)
        return page_response(self._templates.render("review.html", page))

    async def _found(self, request: web.Request, state: ConsoleState) -> Found:
        """What the address names; raises an HTTPException for what has no form here."""
        given = request.match_info
        kind = KIND_BY_PLURAL[given["plural"]]
        ref = Ref(kind, given.get("namespace", ""), given.get("name", ""))
        if barred := (await self._objects.permissions(ref)).edit:
            raise web.HTTPForbidden(reason=barred)
        if not ref.name:
            return Found(kind)
        parsed = state.objects.get(ref)
        # One that can't be decoded has no fields to be shown.
        if parsed is None or parsed.resource is None:
            raise web.HTTPNotFound
        document = await self._objects.document(parsed)
        if document is None:
            raise web.HTTPConflict
        return Found(kind, parsed, document)

    def _form(
        self, state: ConsoleState, draft: Draft, mistakes: Mapping[str, Sequence[str]], status: int = 422
    ) -> web.Response:
        asked = draft.asked
        hidden = foreign_names(asked.values, draft.spec, secrets_in(state, asked.ref.namespace))
        asked = replace(asked, values={**asked.values, **dict.fromkeys(hidden, "")})
        page = edit_page(state, asked, fields_for(asked.ref.kind, draft.spec), mistakes)
        takes_secret = asked.ref.kind == "JWTCredential" and state.takes_secrets
        page["takes_secret"] = takes_secret and not draft.spec.get("keys") and "issuerRef" not in draft.spec
        return page_response(self._templates.render("edit.html", page), status)


def secrets_in(state: ConsoleState, namespace: str) -> KnownSecrets | None:
    """The Secrets of a namespace, None where they can't be known."""
    if state.secrets is None:
        return None
    return {ref.name: entries for ref, entries in state.secrets.items() if ref.namespace == namespace}


def _mistakes(draft: Draft, problems: Sequence[Problem], form: Form) -> dict[str, list[str]]:
    fields = fields_for(draft.asked.ref.kind, draft.spec)
    return by_field(problems, fields, [name for name in form if any(form[name])])


def _download(change: Change, ref: Ref) -> web.Response:
    """The manifest as a file; it is what the user has typed, and goes to nowhere else."""
    headers = {"Content-Disposition": f'attachment; filename="{file_name(ref)}"'}
    return web.Response(body=change.to_apply.encode(), content_type="application/yaml", headers=headers)


def _draft(form: Form, found: Found) -> Draft:
    kind, spec = found.kind, found.manifest.get("spec") or {}
    values = typed_values(fields_for(kind, spec), form)
    changed, shown = spec_of_form(kind, spec, values), fit_to_show(values)
    if found.parsed is not None:
        asked = Asked(found.parsed.ref, is_new=False, values=shown, document=_digest(found.manifest))
        return Draft(asked, found, spec, {**found.manifest, "spec": changed})
    name, namespace = ((form.get(field) or [""])[0].strip() for field in ("name", "namespace"))
    ref = Ref(kind, namespace or "default", name)
    manifest = manifest_of(kind, ref.namespace, name, changed)
    return Draft(Asked(ref, is_new=True, values=shown), found, spec, manifest)


def _digest(manifest: Mapping[str, Any]) -> str:
    """By which it is known that an object is not as it was when its form was opened."""
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
