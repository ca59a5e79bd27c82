"""The conditions of each object of local mode, from a rebuild's problems and from what is really served."""

from __future__ import annotations

from collections.abc import Iterable

from postern_core.compile import Compiled
from postern_core.conditions import Condition, Programming, conditions_of
from postern_core.kinds import KINDS
from postern_core.parse import Parsed
from postern_core.problems import by_ref
from postern_core.ref import Ref

Statuses = dict[Ref, tuple[Condition, ...]]


def statuses(objects: Iterable[Parsed], compiled: Compiled, programming: Programming) -> Statuses:
    """Return the conditions of every object of ours, and of each Ingress of our class, in order of Ref.

    `programming` is of the gateway that was compiled for; no other one runs, so
    what belongs to another has no data plane.
    """
    problems = by_ref(compiled.problems)
    snapshot = compiled.snapshot
    placed = {Ref.of(route.id).id for route in snapshot.routes} | {backend.id for backend in snapshot.backends}
    valid: dict[tuple[str, Programming], tuple[Condition, ...]] = {}
    found: Statuses = {}
    ours = {parsed.ref for parsed in objects if parsed.ref.kind in KINDS}
    ours |= {it for parsed in objects if (it := parsed.ref).kind == "Ingress" and (it.id in placed or it in problems)}
    for ref in sorted(ours):
        own = problems.get(ref, ())
        if any(not problem.is_warning for problem in own):
            found[ref] = conditions_of(ref, own, programming)
            continue
        is_elsewhere = (ref.kind not in KINDS or KINDS[ref.kind].is_placed) and ref.id not in placed
        how = (ref.kind, Programming.NO_DATA_PLANE if is_elsewhere else programming)
        if own:
            found[ref] = conditions_of(ref, own, how[1])
            continue
        # Most objects of a kind have the same.
        found[ref] = valid.get(how) or valid.setdefault(how, conditions_of(ref, (), how[1]))
    return found
