"""Compares all objects with the statuses that they should have: finds what is to be written.

`desired_status`, `event_rules` and `generation_ledger` decide for one object; an
object whose inputs are as before is not compared twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from postern_core.conditions import Programming, conditions_of
from postern_core.kinds import FRONT_ENDS, KINDS
from postern_core.problems import Problem, by_ref, in_order
from postern_core.ref import Ref
from postern_operator.build import BuildResult
from postern_operator.cluster.rollout.gateway_rollout import GatewayRollout
from postern_operator.cluster.rollout.generation_ledger import GenerationLedger
from postern_operator.cluster.watch.object_cache import CachedObject

from .desired_status import StatusChange, counts, status_change
from .event_rules import EventDraft, EventRules
from .ingress_sync import Addresses, IngressSync, ingresses_in, is_among, no_addresses

NO_FACTS: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class GatewayView:
    """What one gateway's build says, and what its pods serve.

    `failure` is why it can't be published, "" while it can, `unpublished` the
    ids of the entries that then differ from those published; None means that
    all may.  `withheld_because` is why the build leaves entries out.
    """

    built: BuildResult
    ledger: GenerationLedger
    failure: str = ""
    unpublished: frozenset[str] | None = frozenset()
    withheld_because: str = ""


@dataclass(frozen=True, slots=True)
class StatusChanges:
    """What is to be written; `compared` has each object as it was compared."""

    changes: tuple[StatusChange, ...]
    events: tuple[EventDraft, ...]
    compared: Mapping[Ref, CachedObject]


@dataclass(slots=True)
class _Pass:
    """One comparison of all objects: what it compares, and what it has found so far."""

    views: tuple[GatewayView, ...]
    now: datetime
    problems: Mapping[Ref, tuple[Problem, ...]]
    placed: list[frozenset[str]]
    facts: Mapping[Ref, Mapping[str, Any]]
    count_of: Mapping[Ref, int]
    changes: list[StatusChange] = field(default_factory=list)
    events: list[EventDraft] = field(default_factory=list)
    compared: dict[Ref, CachedObject] = field(default_factory=dict)
    settled: dict[Ref, tuple[Any, ...]] = field(default_factory=dict)

    def inputs(self, cached: CachedObject) -> tuple[Any, ...]:
        """Return all that decides about an object."""
        ref = cached.parsed.ref
        programming = _programming(cached, self.views, self.placed)
        why = _why_not_published(ref, self.views) if programming is Programming.NOT_PUBLISHED else ""
        own, count = self.problems.get(ref, ()), self.count_of.get(ref, 0)
        return cached.parsed, cached.status, own, programming, why, count, self.facts.get(ref, NO_FACTS)


class StatusSync:
    """Finds what is to be written, and remembers which objects need nothing; `addresses` are those of gateways."""

    def __init__(self, addresses: Addresses = no_addresses) -> None:
        self._event_rules = EventRules()
        self._ingresses = IngressSync(self._event_rules, addresses)
        self._settled: dict[Ref, tuple[Any, ...]] = {}

    def find(self, known: Mapping[Ref, CachedObject], views: Iterable[GatewayView], now: datetime) -> StatusChanges:
        """Return all that differs now; a thread's work, one at a time."""
        views = tuple(views)
        compiled = {parsed.ref: parsed for view in views for parsed in view.built.objects}
        run = _Pass(
            views=views,
            now=now,
            problems=by_ref(problems_of(views)),
            placed=[_published_sources(view.built) for view in views],
            facts={ref: found for view in views for ref, found in view.built.compiled.facts.items()},
            count_of=counts(compiled.values()),
        )
        for ref, cached in known.items():
            # An object that has changed since it was compiled is compared after the next rebuild.
            if ref.kind not in FRONT_ENDS or compiled.get(ref) is not cached.parsed or not cached.uid:
                continue
            if ref.kind in KINDS:
                self._compare(cached, run)
            else:
                self._compare_ingress(cached, run)
        self._settled = run.settled
        self._event_rules.forget_all_but((ref, cached.uid) for ref, cached in known.items())
        return StatusChanges(tuple(run.changes), tuple(run.events), run.compared)

    def _compare(self, cached: CachedObject, run: _Pass) -> None:
        ref = cached.parsed.ref
        inputs = run.inputs(cached)
        if not _is_as_before(inputs, self._settled.get(ref)):
            _, _, own, programming, why, count, linked = inputs
            conditions = conditions_of(ref, own, programming, why)
            change = status_change(
                cached.parsed, cached.uid, cached.status, conditions, count=count, now=run.now, linked=linked
            )
            run.events += self._event_rules.drafts(ref, cached.uid, cached.status, conditions)
            if change is not None:
                run.changes.append(change)
                run.compared[ref] = cached
                return
        run.settled[ref] = inputs

    def _compare_ingress(self, cached: CachedObject, run: _Pass) -> None:
        ref = cached.parsed.ref
        _, _, own, programming, why, *_ = run.inputs(cached)
        run.events += self._ingresses.events(cached, own, programming, why)
        serving = zip(run.views, run.placed, strict=True)
        gateways = [view.built.compiled.snapshot.gateway for view, placed in serving if ref.id in placed]
        change = self._ingresses.change(cached, gateways)
        if change is not None:
            run.changes.append(change)
            run.compared[ref] = cached


def gateway_views(rollouts: Iterable[GatewayRollout]) -> tuple[GatewayView, ...]:
    """Return the view of every gateway that has been built."""
    return tuple(
        GatewayView(rollout.built, rollout.ledger, rollout.failure, rollout.unpublished, rollout.withheld_because)
        for rollout in rollouts
        if rollout.built is not None
    )


def problems_of(views: Iterable[GatewayView]) -> tuple[Problem, ...]:
    """Return all problems of all gateways, each once, in order."""
    return in_order(problem for view in views for problem in view.built.compiled.problems)


def problem_counts(views: Iterable[GatewayView]) -> Mapping[str, int]:
    """Count the problems of each reason."""
    return Counter(problem.reason.text for problem in problems_of(views))


def _published_sources(built: BuildResult) -> frozenset[str]:
    """Return the ids of what a gateway serves by name."""
    snapshot = built.compiled.snapshot
    entries = (entry.id for entries in (snapshot.routes, snapshot.backends) for entry in entries)
    return frozenset(entries) | ingresses_in(snapshot)


def _programming(cached: CachedObject, views: tuple[GatewayView, ...], placed: list[frozenset[str]]) -> Programming:
    """Whether all gateways that an object is for serve it; people and keys are for all."""
    ref = cached.parsed.ref
    is_placed = ref.kind not in KINDS or KINDS[ref.kind].is_placed
    found = {
        _programming_by(view, cached)
        for view, here in zip(views, placed, strict=True)
        if not is_placed or ref.id in here
    }
    if not is_placed and len(found) > 1:
        # A gateway without pods serves no requests, which is no fault of the others.
        found.discard(Programming.NO_DATA_PLANE)
    for worst in (Programming.NOT_PUBLISHED, Programming.NO_DATA_PLANE, Programming.PENDING, Programming.PROGRAMMED):
        if worst in found:
            return worst
    return Programming.NO_DATA_PLANE


def _programming_by(view: GatewayView, cached: CachedObject) -> Programming:
    """Whether one gateway serves an object, or why not."""
    programming = view.ledger.programming_of(cached.parsed)
    if is_among(cached.parsed.ref, view.built.withheld):
        return Programming.NOT_PUBLISHED
    if not view.failure:
        return programming
    if view.unpublished is None:
        is_other = programming is not Programming.PROGRAMMED
    else:
        is_other = programming is Programming.PENDING or is_among(cached.parsed.ref, view.unpublished)
    return Programming.NOT_PUBLISHED if is_other else programming


def _why_not_published(ref: Ref, views: tuple[GatewayView, ...]) -> str:
    why = {view.withheld_because if is_among(ref, view.built.withheld) else view.failure for view in views}
    return "; ".join(sorted(filter(None, why)))


def _is_as_before(inputs: tuple[Any, ...], before: tuple[Any, ...] | None) -> bool:
    """Whether nothing has changed; objects and statuses are compared by identity, which is enough and quick."""
    if before is None or inputs[0] is not before[0] or inputs[1] is not before[1]:
        return False
    return inputs[2:] == before[2:]
