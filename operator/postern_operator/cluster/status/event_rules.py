"""Which Events a person should see of an object: what has gone wrong, and that it is well again.

Pure.  Nothing is said of what works from the start, nor of what only takes its
time, so that ten thousand new objects are no storm.  Writing belongs in `event_writes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from postern_core.conditions import Condition, Programming
from postern_core.ref import Ref

# What the API server takes.
NOTE_BYTES_MAX = 1024

# No condition of a status: of an object without one, what a warning says is only in an Event.
WARNED = "Warned"
TROUBLE = ("Accepted", "ResolvedRefs", WARNED)
# What ends by itself is no trouble, but for this.
NOT_PUBLISHED = Programming.NOT_PUBLISHED.value


@dataclass(frozen=True, slots=True)
class EventDraft:
    """An Event about the object of that uid; `reason` is the condition's."""

    ref: Ref
    uid: str
    type: Literal["Normal", "Warning"]
    reason: str
    note: str


class EventRules:
    """Remembers which objects are in trouble: other trouble and its end are worth an Event."""

    def __init__(self) -> None:
        self._troubled: dict[tuple[Ref, str], tuple[Condition, ...]] = {}

    def drafts(
        self, ref: Ref, uid: str, present: Mapping[str, Any], conditions: Iterable[Condition]
    ) -> tuple[EventDraft, ...]:
        """Return the Events that are due when an object with this status gets these conditions.

        `present` is the object's status, so that another operator, or this one after a
        restart, repeats no Event.
        """
        due = {condition.type: condition for condition in conditions}
        trouble = tuple(it for it in due.values() if _is_trouble(it))
        before = self._troubled.pop((ref, uid), None)
        if before is None and _has_trouble(present):
            before = ()
        if trouble:
            self._troubled[ref, uid] = trouble
            new = [it for it in trouble if it.status == "False" and it not in (before or ())]
            return tuple(
                EventDraft(ref, uid, "Warning", it.reason, _shortened(it.message))
                for it in new
                if not _is_present(it, present)
            )
        if before is None:
            return ()
        if due["Programmed"].status != "True":
            self._troubled[ref, uid] = before
            return ()
        return (EventDraft(ref, uid, "Normal", "Programmed", "every ready data-plane pod serves it as it is now"),)

    def is_troubled(self, ref: Ref, uid: str) -> bool:
        """Whether an object was in trouble when it was last looked at."""
        return (ref, uid) in self._troubled

    def forget_all_but(self, known: Iterable[tuple[Ref, str]]) -> None:
        """Forget the objects that are gone."""
        remaining = set(known)
        self._troubled = {key: trouble for key, trouble in self._troubled.items() if key in remaining}


def _is_trouble(due: Condition) -> bool:
    if due.type == "Programmed":
        return due.reason == NOT_PUBLISHED
    return due.type in TROUBLE and due.status != "True"


def _has_trouble(present: Mapping[str, Any]) -> bool:
    known = _by_type(present)
    return known.get("Programmed", {}).get("reason") == NOT_PUBLISHED or any(
        it.get("status") == "False" for type_, it in known.items() if type_ in TROUBLE
    )


def _is_present(condition: Condition, present: Mapping[str, Any]) -> bool:
    known = _by_type(present).get(condition.type, {})
    found = (known.get("status"), known.get("reason"), known.get("message"))
    return found == (condition.status, condition.reason, condition.message)


def _by_type(present: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    known = present.get("conditions") or ()
    return {str(it["type"]): it for it in known if isinstance(it, Mapping) and "type" in it}


def _shortened(text: str) -> str:
    content = text.encode()
    if len(content) <= NOTE_BYTES_MAX:
        return text
    return content[: NOTE_BYTES_MAX - 3].decode(errors="ignore") + "..."
