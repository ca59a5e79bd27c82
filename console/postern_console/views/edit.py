"""The pages that write: a form with its mistakes, and the difference that a save would make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from postern_console.editing.fields import Field
from postern_console.editing.review import Difference, Review
from postern_console.editing.typed_secret import IS_BASE64, PENDING, SECRET
from postern_console.state import ConsoleState
from postern_core.kinds import KINDS
from postern_core.ref import Ref

from .findings import place_of
from .links import Link, frame, link_to, list_path, object_path

# Names that an input offers.
NAMES_MAX = 200
# What an input of a form names.
NAMED = {"serviceRef.name": "Service", "consumerRef.name": "Consumer"}
EMPTY_ROWS = 1


@dataclass(frozen=True, slots=True)
class Asked:
    """Which object a form is about, what its inputs hold, and the digest of the manifest that it was opened with."""

    ref: Ref
    is_new: bool
    values: Mapping[str, Any]
    document: str = ""

    @property
    def action(self) -> str:
        """The address that the form is sent to."""
        return new_path(self.ref.kind) if self.is_new else edit_path(self.ref)


def usual_namespace(state: ConsoleState) -> str:
    """Where a new object most probably belongs: the one namespace that is shown, or where most of the others are."""
    if state.namespace:
        return state.namespace
    most = Counter(ref.namespace for ref in state.objects).most_common(1)
    return most[0][0] if most else "default"


def new_path(kind: str) -> str:
    return f"{list_path(kind)}/new"


def edit_path(ref: Ref) -> str:
    return f"{object_path(ref)}/edit"


def edit_page(
    state: ConsoleState, asked: Asked, fields: Sequence[Field], mistakes: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """The form; each mistake stands at its input, that of "" above all of them."""
    return _page(asked) | {
        "sections": [(name, list(own)) for name, own in groupby(fields, key=lambda it: it.section)],
        "values": asked.values,
        "empty_rows": EMPTY_ROWS,
        "mistakes": mistakes,
        "suggestions": {field.name: _names(state, NAMED[field.name], asked) for field in fields if field.name in NAMED},
        "is_cluster": bool(state.cluster),
        "namespaces": sorted({ref.namespace for ref in state.objects}),
    }


def review_page(
    state: ConsoleState,
    asked: Asked,
    form: Mapping[str, Sequence[str]],
    seen: Difference,
    review: Review,
    *,
    secret: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """The difference, what is still wrong, and what others would get; the form goes along unseen.

    A `secret` that was typed does not: it is an id by which it is kept, and the place where it will be written.
    """
    hidden = [(name, value) for name, values in form.items() if name not in HIDDEN_NOT for value in values]
    hidden += [(PENDING, secret[0])] if secret else []
    hidden += [(TAKE_OVER, "on")] if seen.takes_over else []
    return _page(asked) | {
        "place": place_of(seen.place, None, state.folders),
        "lines": [(_kind(line), line) for line in seen.lines],
        "hidden": hidden,
        "own": [(problem.field, problem.message) for problem in review.own],
        "others": [(link_to(it.ref, state, str(it.ref)), it.field, it.message) for it in review.others],
        "digest": seen.digest,
        "secret_place": place_of(secret[1], None, state.folders) if secret else "",
        "is_cluster": bool(state.cluster),
        "offer": seen,
        "take_over": TAKE_OVER,
    }


# The button, and the input of the form after it, by which fields are taken from their owners.
TAKE_OVER = "take-over"
HIDDEN_NOT = ("form_token", "action", "digest", TAKE_OVER, SECRET, IS_BASE64, PENDING)


def _page(asked: Asked) -> dict[str, Any]:
    ref = asked.ref
    return {
        "title": f"New {ref.kind}" if asked.is_new else f"Edit {ref.kind} {ref.path}",
        "frame": frame(list_path(ref.kind)),
        "above": Link(KINDS[ref.kind].title, list_path(ref.kind)),
        "asked": asked,
        "ref": ref,
        "back": list_path(ref.kind) if asked.is_new else object_path(ref),
    }


def _names(state: ConsoleState, kind: str, asked: Asked) -> list[str]:
    """The objects that a form could name: those of its namespace, or all where that is not chosen yet."""
    names = {it.ref.name for it in state.of_kind(kind) if asked.is_new or it.ref.namespace == asked.ref.namespace}
    return sorted(names)[:NAMES_MAX]


def _kind(line: str) -> str:
    return {"+": "added", "-": "removed", "@": "quiet"}.get(line[:1], "")
