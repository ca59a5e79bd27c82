"""The metrics of the operator: every name, its labels and its help, and how API requests are counted."""

from __future__ import annotations

from types import SimpleNamespace

import aiohttp
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REBUILD_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
PROPAGATION_BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """What one operator counts; `registry` is what is exposed."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.rebuild_seconds = Histogram(
            "postern_operator_rebuild_seconds",
            "From the objects taken to the bytes of a gateway's snapshot.",
            ["gateway"],
            buckets=REBUILD_BUCKETS,
            registry=registry,
        )
        self.objects = Gauge("postern_operator_objects", "Objects known, by kind.", ["kind"], registry=registry)
        self.publishes = Counter(
            "postern_operator_publishes_total", "Attempts to publish.", ["gateway", "result"], registry=registry
        )
        self.unpublished = Gauge(
            "postern_operator_unpublished", "1 while a snapshot can't be published.", ["gateway"], registry=registry
        )
        self.api_requests = Counter(
            "postern_operator_api_requests_total",
            "Requests to the API server by verb and status; without an answer the status is `error`.",
            ["verb", "status"],
            registry=registry,
        )
        self.propagation_seconds = Histogram(
            "postern_operator_propagation_seconds",
            "From a snapshot published to every ready pod of its gateway serving it.",
            ["gateway"],
            buckets=PROPAGATION_BUCKETS,
            registry=registry,
        )
        self.watch_restarts = Counter(
            "postern_operator_watch_restarts_total",
            "Watches that ended in an error and were begun again.",
            ["kind"],
            registry=registry,
        )
        self.problems = Gauge(
            "postern_operator_problems", "Problems of objects, by reason.", ["reason"], registry=registry
        )
        self._add_those_of_unreadable_kinds()
        self._add_those_of_the_leader()

    def _add_those_of_unreadable_kinds(self) -> None:
        self.unreadable = Gauge(
            "postern_operator_unreadable",
            "1 while the API server lets a kind not be read in a namespace (or `all`).",
            ["kind", "namespace"],
            registry=self.registry,
        )

    def _add_those_of_the_leader(self) -> None:
        """Add the metrics that move only while this replica leads."""
        registry = self.registry
        self.leader = Gauge("postern_operator_leader", "1 while this replica holds the Lease.", registry=registry)
        self.events_dropped = Counter(
            "postern_operator_events_dropped_total",
            "Events that were not written, because there were too many or the API server refused them.",
            registry=registry,
        )
        self.statuses_waiting = Gauge(
            "postern_operator_statuses_waiting", "Statuses still to be written, while leading.", registry=registry
        )

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
