"""The metrics of the operator: each is declared here, once, and how API requests are counted.

What is exposed and the table of the reference follow from the declarations.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Generic, TypeVar

import aiohttp
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

Collector = TypeVar("Collector", Counter, Gauge, Histogram)


@dataclass(frozen=True, slots=True)
class Metric(Generic[Collector]):
    """One metric; `more` is what else the reference says, in Markdown."""

    type: type[Collector]
    name: str
    help: str
    labels: tuple[str, ...] = ()
    more: str = ""
    buckets: tuple[float, ...] = ()

    def collector(self, registry: CollectorRegistry) -> Collector:
        """Return what counts, registered."""
        options: dict[str, Any] = {"buckets": self.buckets} if self.buckets else {}
        return self.type(self.name, self.help, self.labels, registry=registry, **options)


REBUILD_SECONDS = Metric(
    Histogram, "postern_operator_rebuild_seconds", "From the objects taken to the bytes of a gateway's snapshot.",
    ("gateway",), buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip
OBJECTS = Metric(
    Gauge, "postern_operator_objects", "Objects known, by kind.",
    ("kind",), "Of Kubernetes' own only those that ours refer to, as `core/Service` and so on.",
)  # fmt: skip
PROBLEMS = Metric(
    Gauge, "postern_operator_problems", "Problems of objects, by reason.",
    ("reason",),
    "The [reason](conditions.md) in their status; [`Warning`](warnings.md) or `NoReadyEndpoint` where there is none. "
    "A standby knows of fetched keys what was kept when it needed them first.",
)  # fmt: skip
PUBLISHES = Metric(
    Counter, "postern_operator_publishes_total", "Attempts to publish a snapshot, by result.",
    ("gateway", "result"), "The result is `published` or `failed`.",
)  # fmt: skip
UNPUBLISHED = Metric(
    Gauge, "postern_operator_unpublished", "1 while a snapshot can't be published.",
    ("gateway",), "From the replica that leads; see [NotPublished](../troubleshooting.md#notpublished).",
)  # fmt: skip
PROPAGATION_SECONDS = Metric(
    Histogram, "postern_operator_propagation_seconds",
    "From a snapshot published to every ready pod of its gateway serving it.",
    ("gateway",), buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)  # fmt: skip
API_REQUESTS = Metric(
    Counter, "postern_operator_api_requests_total",
    "Requests to the API server by verb and status; without an answer the status is `error`.",
    ("verb", "status"), "Those of kopf are not counted.",
)  # fmt: skip
WATCH_RESTARTS = Metric(
    Counter, "postern_operator_watch_restarts_total", "Watches that ended in an error and were begun again.",
    ("kind",), "The kind is `kopf` for its own.",
)  # fmt: skip
UNREADABLE = Metric(
    Gauge, "postern_operator_unreadable", "1 while the API server does not let a kind be read in a namespace.",
    ("kind", "watched_namespace"),
    "`all` are all namespaces; see [what to do](../troubleshooting.md#something-cant-be-read).",
)  # fmt: skip
EVENTS_DROPPED = Metric(
    Counter, "postern_operator_events_dropped_total",
    "Events that were not written, because there were too many or the API server refused them.",
)  # fmt: skip
STATUSES_WAITING = Metric(
    Gauge, "postern_operator_statuses_waiting", "Statuses still to be written, by the replica that leads."
)
JWKS_FETCHES = Metric(
    Counter, "postern_operator_jwks_fetches_total", "Fetches of the keys of a token issuer, by result.",
    ("issuer", "result"),
    "The result is `changed`, `unchanged` or the [reason](../issuer-keys.md#what-may-be-fetched) of a failure.",
)  # fmt: skip
JWKS_AGE_SECONDS = Metric(
    Gauge, "postern_operator_jwks_age_seconds", "Time since the keys of a token issuer were last found good.",
    ("issuer",), "From the replica that leads, as all of these; it grows while fetches fail.",
)  # fmt: skip
JWKS_KEYS = Metric(
    Gauge, "postern_operator_jwks_keys", "Keys of a token issuer that are in force.",
    ("issuer",), "Absent until they were fetched once.",
)  # fmt: skip
LEADER = Metric(Gauge, "postern_operator_leader", "1 while this replica holds the Lease.")

# In the order of the reference.
METRICS: tuple[Metric[Any], ...] = (
    REBUILD_SECONDS, OBJECTS, PROBLEMS, PUBLISHES, UNPUBLISHED, PROPAGATION_SECONDS, API_REQUESTS, WATCH_RESTARTS,
    UNREADABLE, EVENTS_DROPPED, STATUSES_WAITING, JWKS_FETCHES, JWKS_AGE_SECONDS,
    JWKS_KEYS, LEADER,
)  # fmt: skip


class Metrics:
    """What one operator counts; `registry` is what is exposed."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.rebuild_seconds = REBUILD_SECONDS.collector(registry)
        self.objects = OBJECTS.collector(registry)
        self.problems = PROBLEMS.collector(registry)
        self.publishes = PUBLISHES.collector(registry)
        self.unpublished = UNPUBLISHED.collector(registry)
        self.propagation_seconds = PROPAGATION_SECONDS.collector(registry)
        self.api_requests = API_REQUESTS.collector(registry)
        self.watch_restarts = WATCH_RESTARTS.collector(registry)
        self.unreadable = UNREADABLE.collector(registry)
        self.events_dropped = EVENTS_DROPPED.collector(registry)
        self.statuses_waiting = STATUSES_WAITING.collector(registry)
        self.jwks_fetches = JWKS_FETCHES.collector(registry)
        self.jwks_age_seconds = JWKS_AGE_SECONDS.collector(registry)
        self.jwks_keys = JWKS_KEYS.collector(registry)
        self.leader = LEADER.collector(registry)

    def request_trace(self) -> aiohttp.TraceConfig:
        """Counts the requests of the client session that it is given to."""
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(self._ended)
        trace.on_request_exception.append(self._failed)
        return trace

    async def _ended(
        self, _session: aiohttp.ClientSession, _context: SimpleNamespace, end: aiohttp.TraceRequestEndParams
    ) -> None:
        self.api_requests.labels(end.method.lower(), str(end.response.status)).inc()

    async def _failed(
        self, _session: aiohttp.ClientSession, _context: SimpleNamespace, failure: aiohttp.TraceRequestExceptionParams
    ) -> None:
        self.api_requests.labels(failure.method.lower(), "error").inc()
