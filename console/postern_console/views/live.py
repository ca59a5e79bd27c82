"""The pages of what happens now: the pods, problems first, and small plots of the last minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from postern_console.live.counts import added
from postern_console.live.history import SPAN_S
from postern_console.live.monitor import LiveView
from postern_console.live.pods import LivePod
from postern_core.admin_api import WorkerConfig

from .decode import distance
from .findings import Health
from .links import DENIALS_PATH, GATEWAYS_PATH, frame

CLASSES = ("2xx", "3xx", "4xx", "5xx")
# The size of a plot in its own units; how large it is on a page is the style sheet's affair.
WIDTH, HEIGHT = 300, 60
DIGEST_CHARACTERS = 12
SPANS = {30.0: "30 seconds", 60.0: "minute", 120.0: "2 minutes", SPAN_S: "5 minutes"}
SEVERITIES = ("error", "warning", "fine")


@dataclass(frozen=True, slots=True)
class Worker:
    """What one worker serves, and since when."""

    pid: int
    digest: str
    since: str


@dataclass(frozen=True, slots=True)
class PodRow:
    """A pod with its health; `notes` say what is wrong."""

    gateway: str
    name: str
    url: str
    health: Health
    digest: str
    routes: str
    notes: tuple[str, ...]
    workers: tuple[Worker, ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """A line of the last minutes: what it is about, the rate now, the total, and its points."""

    label: str
    now: str
    total: str
    points: str


def gateways_page(view: LiveView, startable: Sequence[str], mistake: str) -> dict[str, Any]:
    """All pods, and the names of gateways that none of them serves."""
    served = {pod.gateway for pod in view.pods}
    return live_context(view) | {
        "title": "Gateways",
        "frame": frame(GATEWAYS_PATH),
        "action": GATEWAYS_PATH,
        "others": [name for name in startable if name not in served],
        "mistake": mistake,
    }


def denials_page(view: LiveView) -> dict[str, Any]:
    """The reasons, most frequent first."""
    return live_context(view) | {"title": "Denials", "frame": frame(DENIALS_PATH)}


def live_context(view: LiveView) -> dict[str, Any]:
    """What is sent anew."""
    rows = sorted((pod_row(pod, view.now_s) for pod in view.pods), key=_problems_first)
    totals = added([pod.counts for pod in view.pods])
    reasons = sorted(totals.denials, key=lambda reason: (-totals.denials[reason], reason))
    return {
        "pods": rows,
        "classes": [
            _plot(view, name, totals.requests.get(name, 0.0), [it.rates.requests.get(name, 0.0) for it in view.moments])
            for name in CLASSES
        ],
        "reasons": [
            _plot(view, name, totals.denials[name], [it.rates.denials.get(name, 0.0) for it in view.moments])
            for name in reasons
        ],
        "size": (WIDTH, HEIGHT),
        "span": SPANS[_span_s(view)],
    }


def pod_row(pod: LivePod, now_s: float) -> PodRow:
    """One pod, with what is wrong with it."""
    health, notes = _health(pod)
    config = pod.config
    workers = tuple(_worker(one, now_s) for one in config.workers) if config else ()
    digest = (config.digest or "")[:DIGEST_CHARACTERS] if config else ""
    routes = "" if config is None or config.routes is None else str(config.routes)
    return PodRow(pod.gateway, pod.name, pod.url, health, digest, routes, notes, workers)


def _health(pod: LivePod) -> tuple[Health, tuple[str, ...]]:
    if pod.config is None:
        return Health("no answer", "error"), (pod.unknown,)
    refused = [(one.pid, one.refused) for one in pod.config.workers if one.refused]
    if refused:
        notes = [f"worker {pid} refused {it.digest[:DIGEST_CHARACTERS]}: {it.error}" for pid, it in refused]
        return Health("refused", "error"), tuple(notes)
    if pod.config.digest is None:
        return Health("not ready", "warning"), ("its workers serve different snapshots, or none",)
    if pod.expected and pod.expected != pod.config.digest:
        return Health("older", "warning"), (f"{pod.expected[:DIGEST_CHARACTERS]} is not in force there yet",)
    return Health("in force", "fine"), ()


def _problems_first(row: PodRow) -> tuple[int, str, str]:
    return (SEVERITIES.index(row.health.severity), row.gateway, row.name)


def _worker(worker: WorkerConfig, now_s: float) -> Worker:
    since = distance(worker.loaded_at - now_s) if worker.loaded_at is not None else ""
    return Worker(worker.pid, (worker.digest or "none")[:DIGEST_CHARACTERS], since)


def _span_s(view: LiveView) -> float:
    """How much time a plot shows: the least that all moments fit into, so that the first ones are seen, too."""
    age_s = view.at_s - view.moments[0].at_s if view.moments else 0.0
    return next((span_s for span_s in SPANS if age_s <= span_s), SPAN_S)


def _plot(view: LiveView, label: str, total: float, rates: Sequence[float]) -> Plot:
    """A plot whose top is the largest of the rates, one for each moment."""
    top, span_s = max(rates, default=0.0) or 1.0, _span_s(view)
    left = [WIDTH * (1 - (view.at_s - moment.at_s) / span_s) for moment in view.moments]
    points = " ".join(f"{x:.1f},{HEIGHT * (1 - rate / top):.1f}" for x, rate in zip(left, rates, strict=True))
    return Plot(label, f"{rates[-1] if rates else 0.0:.1f}", f"{total:.0f}", points)
