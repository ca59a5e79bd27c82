"""The status that an object should have, and whether it has it.

Pure.  Which conditions are due is decided before, by `postern_core.conditions`;
here they become what Kubernetes keeps, with times that move only when a status
does.  Writing belongs in `status_writer`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any

import msgspec

from postern_core.conditions import Condition
from postern_core.kinds import KINDS
from postern_core.parse import Parsed, spec_of
from postern_core.ref import Ref
from postern_kit.timestamps import rfc3339

# What the API server takes.
MESSAGE_CHARS_MAX = 32_768

# Formatted once for all statuses of one pass, which may be tens of thousands.
_time = lru_cache(maxsize=1)(rfc3339)


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A status that is to be written; `uid` is of the object that it was found for."""

    ref: Ref
    uid: str
    status: Mapping[str, Any]
    is_trouble: bool


def counts(objects: Iterable[Parsed]) -> Mapping[Ref, int]:
    """How many objects belong to each, such as Routes to a Service, sound or not."""
    found: Counter[Ref] = Counter()
    for parsed in objects:
        kind = KINDS.get(parsed.ref.kind)
        if kind is not None and kind.parent is not None and (spec := spec_of(parsed)) is not None:
            found[Ref(kind.parent.kind, parsed.ref.namespace, kind.parent.name_of(spec))] += 1
    return found


def status_change(
    parsed: Parsed,
    uid: str,
    present: Mapping[str, Any],
    conditions: tuple[Condition, ...],
    *,
    count: int,
    now: datetime,
    linked: Mapping[str, Any] = MappingProxyType({}),
) -> StatusChange | None:
    """The status that an object should have, None where it has it.

    `present` is the status as it was last seen; what others have written there is
    left alone.  `parsed` is the object that the conditions describe: `observedGeneration` is its generation.
    `linked` are fields of the status that follow from other objects, `Compiled.facts`.
    """
    kept = {one["type"]: one for one in present.get("conditions") or () if isinstance(one, Mapping) and "type" in one}
    wanted = [_condition(it, parsed.generation, kept.get(it.type, {}), now) for it in conditions]
    facts = {**_facts(parsed, count), **linked}
    has_all = all(kept.get(it["type"]) == it for it in wanted)
    if has_all and all(present.get(name) == facts.get(name) for name in _fields_of(parsed.ref.kind)[0]):
        return None
    is_trouble = any(it.status != "True" and it.type in ("Accepted", "ResolvedRefs") for it in conditions)
    return StatusChange(parsed.ref, uid, {**facts, "conditions": wanted}, is_trouble)


@cache
def _fields_of(kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The fields of a kind's status beside the conditions, and those of them that count other objects."""
    fields = msgspec.structs.fields(KINDS[kind].status)
    parents = [row.parent for row in KINDS.values() if row.parent is not None]
    counted = tuple(parent.counted_as for parent in parents if parent.kind == kind and parent.counted_as)
    return tuple(field.encode_name for field in fields if field.encode_name != "conditions"), counted


def _facts(parsed: Parsed, count: int) -> dict[str, Any]:
    row = KINDS[parsed.ref.kind]
    facts: dict[str, Any] = {"observedGeneration": parsed.generation}
    facts |= dict.fromkeys(_fields_of(row.name)[1], count)
    if row.facts is not None and (spec := spec_of(parsed)) is not None:
        facts |= row.facts(parsed.ref, spec)
    return facts


def _condition(due: Condition, generation: int, before: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    moved = before.get("status") != due.status or not before.get("lastTransitionTime")
    time = _time(now) if moved else before["lastTransitionTime"]
    return {
        "type": due.type,
        "status": due.status,
        "reason": due.reason,
        "message": due.message[:MESSAGE_CHARS_MAX],
        "observedGeneration": generation,
        "lastTransitionTime": time,
    }
