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
from functools import lru_cache
from typing import Any

from postern_core.conditions import Condition
from postern_core.generated_secrets import HMAC_BYTES, generated_name
from postern_core.parse import Parsed
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
    """How many Routes each Service has, and how many JWTCredentials each Consumer, sound or not."""
    found: Counter[Ref] = Counter()
    for parsed in objects:
        if parsed.resource is None:
            continue
        if parsed.ref.kind == "Route":
            found[Ref("Service", parsed.ref.namespace, parsed.resource.spec.service_ref.name)] += 1
        elif parsed.ref.kind == "JWTCredential":
            found[Ref("Consumer", parsed.ref.namespace, parsed.resource.spec.consumer_ref.name)] += 1
    return found


def status_change(
    parsed: Parsed,
    uid: str,
    present: Mapping[str, Any],
    conditions: tuple[Condition, ...],
    *,
    count: int,
    now: datetime,
) -> StatusChange | None:
    """The status that an object should have, None where it has it.

    `present` is the status as it was last seen; what others have written there is
    left alone.  `parsed` is what the conditions speak of: `observedGeneration` is its generation.
    """
    kept = {one["type"]: one for one in present.get("conditions") or () if isinstance(one, Mapping) and "type" in one}
    wanted = [_condition(it, parsed.generation, kept.get(it.type, {}), now) for it in conditions]
    facts = _facts(parsed, count)
    has_all = all(kept.get(it["type"]) == it for it in wanted)
    if has_all and all(present.get(name) == facts.get(name) for name in _FACTS[parsed.ref.kind]):
        return None
    is_trouble = any(it.status != "True" and it.type in ("Accepted", "ResolvedRefs") for it in conditions)
    return StatusChange(parsed.ref, uid, {**facts, "conditions": wanted}, is_trouble)


# What each kind's status holds beside the conditions.
_FACTS = {
    "Service": ("observedGeneration", "routes"),
    "Route": ("observedGeneration",),
    "Consumer": ("observedGeneration", "credentials"),
    "JWTCredential": ("observedGeneration", "key", "algorithm", "keyIDs", "generatedSecretName"),
}


def _facts(parsed: Parsed, count: int) -> dict[str, Any]:
    facts: dict[str, Any] = {"observedGeneration": parsed.generation}
    if parsed.ref.kind == "Service":
        facts["routes"] = count
    if parsed.ref.kind == "Consumer":
        facts["credentials"] = count
    if parsed.ref.kind == "JWTCredential" and parsed.resource is not None:
        spec = parsed.resource.spec
        facts["key"] = spec.key or parsed.ref.name
        facts["algorithm"] = spec.algorithm
        facts["keyIDs"] = [key.id for key in spec.keys if key.id is not None]
        if not spec.keys and spec.algorithm in HMAC_BYTES:
            facts["generatedSecretName"] = generated_name(parsed.ref.name)
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
