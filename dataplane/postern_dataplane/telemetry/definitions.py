"""The metrics of a data plane: each is declared here, once.

The workers count (`counters`), the supervisor adds up (`totals`) and shows (`prometheus`).  What they send, how it is
added up and the table of the reference follow from the declaration.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

# The values of a metric's labels, in their order.
Labels = tuple[str | int, ...]


class Kind(Enum):
    """The type of a metric, as Prometheus names it."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Merge(Enum):
    """How a metric follows from those of the workers."""

    ROUTES = "the sum over all workers, by route, of those that are served: see `route_latency`"
    ALL = "the sum over all workers, those that have ended included: a counter never goes down"
    RUNNING = "the sum over the workers that run"
    SUPERVISOR = "known to the supervisor alone, see `prometheus`"


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """One metric; a key of mappings by its identity, which costs less than by its name."""

    kind: Kind
    merge: Merge
    name: str
    help: str
    """One line, also for the reference."""

    labels: tuple[str, ...] = ()
    more: str = ""
    """What else the reference says, in Markdown."""

    initial: tuple[Labels, ...] = ()
    """The series that are shown before the first event: a rate needs a zero to start from."""


# In the order in which they are shown.
METRICS: list[Metric] = []


def _declare(metric: Metric) -> Metric:
    METRICS.append(metric)
    return metric


def _counter(name: str, help_: str, more: str = "", merge: Merge = Merge.ALL) -> Metric:
    return _declare(Metric(Kind.COUNTER, merge, name, help_, more=more, initial=((),)))


def _counter_by(name: str, help_: str, *labels: str, more: str = "", initial: tuple[str, ...] = ()) -> Metric:
    series = tuple((value,) for value in initial)
    return _declare(Metric(Kind.COUNTER, Merge.ALL, name, help_, labels, more, series))


def _gauge(name: str, help_: str, more: str = "") -> Metric:
    return _declare(Metric(Kind.GAUGE, Merge.RUNNING, name, help_, more=more))


def _gauge_of_supervisor(name: str, help_: str, *labels: str, more: str = "") -> Metric:
    return _declare(Metric(Kind.GAUGE, Merge.SUPERVISOR, name, help_, labels, more))


def _histogram(name: str, help_: str, more: str = "") -> Metric:
    return _declare(Metric(Kind.HISTOGRAM, Merge.ALL, name, help_, more=more))


REQUESTS = _counter_by(
    "postern_requests_total",
    "Requests answered, by route (namespace/name, empty where none matched) and status.",
    "route", "status",
    more="A status that is not registered is counted by its class, such as `4xx`; the access log has it as it came.",
)  # fmt: skip
DENIALS = _counter_by(
    "postern_denials_total", "Requests refused by the gateway itself.", "reason", more="By [reason](denials.md)."
)
UNKNOWN_KEY_HINTS = _counter_by(
    "postern_unknown_key_hints_total",
    "Requests refused because their token names a key that its issuer did not have when its keys were fetched.",
    "issuer",
    more="The operator fetches the keys of that [issuer](../issuer-keys.md#unknown-keys) then.",
)  # fmt: skip
REQUEST_DURATION = _histogram(
    "postern_request_duration_seconds", "From a request's first byte to the last byte of its answer."
)
ROUTE_DURATION = _declare(
    Metric(
        Kind.HISTOGRAM,
        Merge.ROUTES,
        "postern_route_duration_seconds",
        "The same by route (namespace/name, empty where none matched).",
        ("route",),
        more="Of the first `--metrics-routes` routes that are called; the others share the label `other`.",
    )
)
TOKEN_CACHE_HITS = _counter("postern_token_cache_hits_total", "Tokens whose verification was remembered.")
TOKEN_CACHE_MISSES = _counter("postern_token_cache_misses_total", "Tokens that had to be verified.")
LOG_LINES_DROPPED = _counter(
    "postern_access_log_dropped_total", "Access log lines dropped because stdout was not read in time."
)
LOG_LINES_LIMITED = _counter(
    "postern_access_log_limited_total",
    "Refusals without a line in the access log, because too many came.",
    "See [the access log](#the-access-log).",
)
UPSTREAM_LATENCY = _histogram(
    "postern_upstream_latency_seconds", "From a request sent upstream to the head of the response."
)
UPSTREAM_ERRORS = _counter_by(
    "postern_upstream_errors_total",
    "Upstream failures, by upstream (the object it comes from) and kind.",
    "upstream", "kind",
    more="Each attempt that failed counts; [the kinds](denials.md#failures-of-an-upstream) have a table.",
)  # fmt: skip
MIRRORED = _counter_by(
    "postern_mirrored_requests_total",
    "Copies of requests for mirrors, by upstream (the object it comes from, and which of its mirrors) and result.",
    "upstream", "result",
    more="`answered`, `failed`, or `skipped` where it was never sent; see [mirrors](../traffic-splitting.md#mirrors).",
)  # fmt: skip
SNAPSHOT_INFO = _gauge_of_supervisor(
    "postern_snapshot_info", "The snapshots in force.", "digest", more="1 for each; two during a reload."
)
SNAPSHOT_AGE = _gauge_of_supervisor(
    "postern_snapshot_age_seconds",
    "Time since the last load, of the slowest worker.",
    more="Absent while nothing is served.",
)
RELOADS = _counter_by(
    "postern_reloads_total",
    "Snapshots that workers took into force or refused; every worker counts its own.",
    "result",
    more="The result is `loaded` or `refused`.",
    initial=("loaded", "refused"),
)
CERTIFICATE_EXPIRY = _gauge_of_supervisor(
    "postern_certificate_expiry_timestamp_seconds",
    "When a certificate ends, in seconds since the epoch.",
    "certificate",
    more="The label names its [folder](limits.md#tls), or its Secret as `Secret/namespace/name`: of these the thousand "
    "that end first. Where workers differ, the earlier.",
)
CERTIFICATE_RELOADS = _counter_by(
    "postern_certificate_reloads_total",
    "Certificates that workers took into force or refused; every worker counts its own.",
    "result",
    more="The result is `loaded` or `refused`.",
    initial=("loaded", "refused"),
)
TLS_HANDSHAKES = _counter_by(
    "postern_tls_handshakes_total", "TLS handshakes, by how they ended.", "result", more="The results are below."
)
CONNECTIONS = _gauge("postern_connections", "Client connections open now.")
CONNECTION_MEMORY = _gauge(
    "postern_connection_memory_bytes",
    "Memory held for client connections, as it is charged to them.",
    "[Memory for connections](limits.md#memory-for-connections) says how much that is.",
)
EVICTIONS = _counter_by(
    "postern_evictions_total",
    "Connections ended because their memory was needed, by what they were doing.",
    "kind",
    more="[Memory for connections](limits.md#memory-for-connections) has the kinds.",
)
RATE_LIMIT_STORE_BATCHES = _counter_by(
    "postern_rate_limit_store_batches_total",
    "Batches of counted requests that workers sent to the [store of rate limits](../shared-rate-limits.md).",
    "result",
    more="The result is `counted` or `failed`; after a failure a worker grants its own share until the store is back.",
    initial=("counted", "failed"),
)
LISTENER_PORTS = _gauge_of_supervisor(
    "postern_listener_port_open",
    "Whether a port of the snapshot's [listeners](../listeners.md) is open, 1 or 0.",
    "port",
    more="The label is the port that the process listens on; one that is 0 is tried again each second.",
)
WORKERS = _gauge_of_supervisor("postern_workers", "Workers running now.")
WORKER_RESTARTS = _counter(
    "postern_worker_restarts_total", "Workers that ended unasked and were replaced.", merge=Merge.SUPERVISOR
)
CPU_SECONDS = _counter("postern_cpu_seconds_total", "CPU time of all workers, user and system.")
RESIDENT_MEMORY = _gauge("postern_resident_bytes", "Memory of all workers; pages they share count for each.")
BUILD_INFO = _gauge_of_supervisor(
    "postern_build_info",
    "The version that runs, and whether heads are read by compiled code, true or false.",
    "version",
    "speedups",
)
