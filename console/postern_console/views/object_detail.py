"""The page of one object: what it is, what is wrong with it, what belongs to it, and its YAML."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from postern_console.calls import call_of
from postern_console.editing.forms import FORMS
from postern_console.object_document import ObjectDocument
from postern_console.permissions import EVERYTHING, Permissions
from postern_console.shown_kinds import SHOWN_KINDS
from postern_console.shown_manifest import shown_yaml
from postern_console.state import ConsoleState, parent_of
from postern_core.parse import Parsed, is_a
from postern_core.resources.jwt_credential import JWTCredential

from .edit import edit_path
from .facts import facts_of
from .findings import findings_of, health_of, place_of
from .links import Link, frame, link_to, list_path, token_path, try_path
from .object_list import Row

# Beyond this many the list, searched for the object's name, is the better place.
CHILDREN_MAX = 50
ACTIONS_MAX = 5


def object_detail(
    state: ConsoleState, parsed: Parsed, document: ObjectDocument | None, permissions: Permissions = EVERYTHING
) -> dict[str, Any]:
    """One object; `document` is None where its file has changed just now."""
    ref = parsed.ref
    parent = parent_of(parsed)
    problems = (*parsed.problems, *state.problems.get(ref, ()))
    return {
        "title": f"{ref.kind} {ref.path}",
        "frame": frame(list_path(ref.kind)),
        "above": Link(SHOWN_KINDS[ref.kind].title, list_path(ref.kind)),
        "ref": ref,
        "health": health_of(ref, state),
        "facts": facts_of(parsed, state),
        "findings": findings_of(state.by_object.get(ref, ()), state),
        "parent": (parent.kind, link_to(parent, state)) if parent else None,
        "actions": actions_of(parsed, state, permissions),
        "barred": barred_of(parsed, permissions),
        "children": children_of(parsed, state),
        "children_total": len(state.children.get(ref, ())),
        "children_title": _title_of_children(ref.kind),
        "place": place_of(document.path, document.line, state.folders) if document else "",
        "yaml": shown_yaml(document.manifest, problems) if document else "",
    }


def actions_of(parsed: Parsed, state: ConsoleState, permissions: Permissions = EVERYTHING) -> list[Link]:
    """What one does next with an object: edit it, make a token, or see what becomes of a request."""
    edit = [Link("Edit", edit_path(parsed.ref))] if has_form(parsed) and not permissions.edit else []
    return [*edit, *([] if signs_here(parsed) and permissions.token else _next_of(parsed, state))]


def barred_of(parsed: Parsed, permissions: Permissions) -> list[str]:
    """Why something can't be done with an object that could be with another, and what must be known before."""
    told = [f"It can't be edited from here: {permissions.edit}."] if has_form(parsed) and permissions.edit else []
    told += [f"No token can be made with it from here: {permissions.token}."] if permissions.token else []
    return [*told, *([permissions.note] if permissions.note else [])]


def has_form(parsed: Parsed) -> bool:
    """Whether an object has a form; one that can't be decoded has no fields to be shown."""
    return parsed.ref.kind in FORMS and parsed.resource is not None


def signs_here(parsed: Parsed) -> bool:
    """Whether a token can be made with an object: a JWTCredential with keys of its own."""
    return is_a(parsed, JWTCredential) and parsed.resource.spec.issuer_ref is None


def _next_of(parsed: Parsed, state: ConsoleState) -> list[Link]:
    ref = parsed.ref
    if signs_here(parsed):
        return [Link("Generate JSON Web Token", token_path(ref))]
    if ref.kind == "Consumer":
        usable = [child for child in state.children.get(ref, ()) if signs_here(state.objects[child])]
        return [Link(f"Generate JSON Web Token with {child.name}", token_path(child)) for child in usable[:ACTIONS_MAX]]
    call = call_of(parsed, state) if ref.kind == "Route" else None
    asked = urlencode({"method": call.method, "url": call.url}) if call else ""
    if call is None:
        return []
    # Where clients reach a gateway of a cluster is not known.
    tries = [] if state.cluster else [Link("Try it", try_path(ref))]
    return [*tries, Link("Explain a request", f"/decode?{asked}")]


def children_of(parsed: Parsed, state: ConsoleState) -> list[Row]:
    """The Routes of a Service, or the JWTCredentials of a Consumer; not all of very many."""
    return [
        Row(link_to(ref, state), facts_of(state.objects[ref], state), health_of(ref, state))
        for ref in state.children.get(parsed.ref, ())[:CHILDREN_MAX]
    ]


def _title_of_children(kind: str) -> str:
    return next((it.title for it in SHOWN_KINDS.values() if it.parent and it.parent.kind == kind), "")
