"""The text that Prometheus reads."""

from __future__ import annotations

import re
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from postern_dataplane.telemetry import definitions, prometheus
from postern_dataplane.telemetry.definitions import METRICS, Merge
from postern_dataplane.telemetry.prometheus import OF_SUPERVISOR, expose
from postern_dataplane.telemetry.worker_messages import (
    CertificatesLoaded,
    Distribution,
    RouteReport,
    SnapshotLoaded,
    WorkerReport,
)
from postern_dataplane.telemetry.worker_pool import WorkerPool

COUNTED = WorkerReport(
    counts={
        definitions.REQUESTS.name: ((("demo/a", 200), 3), (("", 404), 1)),
        definitions.DENIALS.name: ((("no_route",), 1),),
        definitions.UPSTREAM_ERRORS.name: ((("demo/app", "connect"), 2),),
        definitions.CERTIFICATE_RELOADS.name: ((("loaded",), 2),),
        definitions.TLS_HANDSHAKES.name: ((("done",), 3), (("timeout",), 1)),
        definitions.EVICTIONS.name: ((("head",), 2),),
        definitions.TOKEN_CACHE_HITS.name: (((), 5),),
        definitions.TOKEN_CACHE_MISSES.name: (((), 6),),
        definitions.LOG_LINES_DROPPED.name: (((), 7),),
        definitions.CPU_SECONDS.name: (((), 0.5),),
    },
    histograms={definitions.REQUEST_DURATION.name: Distribution((1, 2, *[0] * 13, 4), 9.5)},
    gauges={
        definitions.CONNECTIONS.name: 8,
        definitions.CONNECTION_MEMORY.name: 512,
        definitions.RESIDENT_MEMORY.name: 1024,
    },
    routes=RouteReport({"demo/a": Distribution((1, 2, *[0] * 6, 4), 9.5)}),
)


def exposed(*messages):
    """All samples by name and labels (in order of the labels' names), after two workers have told the same."""
    worker_pool = WorkerPool(2, routes_max=10)
    for slot in range(2):
        worker_pool.started(slot, slot)
        for message in messages:
            worker_pool.record(slot, message)
    text = expose(worker_pool, "")[0].decode()
    families = text_string_to_metric_families(text)
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


@pytest.mark.parametrize(
    ("sample", "value"),
    [
        (("postern_requests_total", "demo/a", "200"), 6),
        (("postern_requests_total", "", "404"), 2),
        (("postern_denials_total", "no_route"), 2),
        (("postern_upstream_errors_total", "connect", "demo/app"), 4),
        (("postern_certificate_reloads_total", "loaded"), 4),
        (("postern_tls_handshakes_total", "done"), 6),
        (("postern_tls_handshakes_total", "timeout"), 2),
        (("postern_token_cache_hits_total",), 10),
        (("postern_token_cache_misses_total",), 12),
        (("postern_access_log_dropped_total",), 14),
        (("postern_connections",), 16),
        (("postern_connection_memory_bytes",), 1024),
        (("postern_evictions_total", "head"), 4),
        (("postern_workers",), 2),
        (("postern_worker_restarts_total",), 0),
        (("postern_cpu_seconds_total",), 1.0),
        (("postern_resident_bytes",), 2048),
        (("postern_request_duration_seconds_sum",), 19),
        (("postern_request_duration_seconds_count",), 14),
        (("postern_request_duration_seconds_bucket", "0.001"), 2),
        (("postern_request_duration_seconds_bucket", "0.0025"), 6),
        (("postern_request_duration_seconds_bucket", "60.0"), 6),
        (("postern_request_duration_seconds_bucket", "+Inf"), 14),
        (("postern_upstream_latency_seconds_count",), 0),
        (("postern_route_duration_seconds_bucket", "0.005", "demo/a"), 2),
        (("postern_route_duration_seconds_bucket", "0.025", "demo/a"), 6),
        (("postern_route_duration_seconds_bucket", "+Inf", "demo/a"), 14),
        (("postern_route_duration_seconds_sum", "demo/a"), 19),
        (("postern_route_duration_seconds_count", "demo/a"), 14),
    ],
)
def test_a_metric_is_the_sum_over_the_workers(sample, value):
    """Two workers told the same."""
    assert value == exposed(COUNTED)[sample]


def test_results_of_reloads_are_there_before_the_first():
    """An alert on a rate needs a zero to start from."""
    samples = exposed()
    names = ("postern_reloads_total", "postern_certificate_reloads_total")
    assert [0] * 4 == [samples[name, result] for name in names for result in ("loaded", "refused")]


def test_the_snapshot_and_its_age_are_told():
    """By digest, and in seconds since it was loaded."""
    samples = exposed(SnapshotLoaded("abc", "default", 1, time.time() - 60))
    assert 1 == samples["postern_snapshot_info", "abc"]
    assert samples["postern_snapshot_age_seconds",] == pytest.approx(60, abs=5)


def test_no_snapshot_has_no_age():
    """Zero would look as good as new."""
    assert ("postern_snapshot_age_seconds",) not in exposed()


def test_a_scraper_chooses_the_format():
    """OpenMetrics where it is asked for."""
    assert expose(WorkerPool(1), "application/openmetrics-text; version=1.0.0")[1].startswith(
        "application/openmetrics-text"
    )


def test_the_end_of_each_certificate_is_told():
    """By the name of its folder."""
    samples = exposed(CertificatesLoaded({"default": 5.0}))
    assert 5.0 == samples["postern_certificate_expiry_timestamp_seconds", "default"]


@pytest.mark.parametrize(("heads", "said"), [(None, "false"), (object(), "true")])
def test_the_build_says_whether_heads_are_read_by_compiled_code(monkeypatch, heads, said):
    """An image that was meant to have it, and has not, is seen."""
    monkeypatch.setattr(prometheus, "HEADS", heads)
    [labels] = (labels for labels in exposed() if labels[0] == "postern_build_info")
    assert said in labels


def test_every_metric_is_shown_in_the_order_of_its_declaration():
    """With its type and help, before anything has happened."""
    text = expose(WorkerPool(1), "")[0].decode()
    assert [f"{one.name} {one.kind.value}" for one in METRICS] == re.findall(r"^# TYPE (.*)$", text, re.MULTILINE)
    assert [] == [one.name for one in METRICS if f"# HELP {one.name} {one.help}\n" not in text]


def test_the_supervisor_knows_its_metrics():
    """Each has a function that says its samples, and no other has."""
    assert {one for one in METRICS if one.merge is Merge.SUPERVISOR} == OF_SUPERVISOR.keys()
