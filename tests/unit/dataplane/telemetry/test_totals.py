"""Sums over workers."""

from __future__ import annotations

import msgspec

from postern_dataplane.telemetry import totals
from postern_dataplane.telemetry.counters import Counters
from postern_dataplane.telemetry.totals import OTHER, Totals
from postern_dataplane.telemetry.worker_messages import Distribution

NOTHING = Counters().take()


def sums(*parts):
    total = Totals()
    for part in parts:
        total.add(msgspec.structs.replace(NOTHING, **part))
    return total


def test_series_add_up():
    """Those of both workers, and those of one."""
    total = sums({"requests": (("a", 200, 1), ("a", 404, 1))}, {"requests": (("a", 200, 2),)})
    assert {("a", 200): 3, ("a", 404): 1} == total.requests


def test_named_counts_add_up():
    """Denials, reloads, handshakes and upstream errors alike."""
    part = {"denials": {"x": 1}, "reloads": {"loaded": 1}, "certificate_reloads": {"loaded": 2}, "handshakes": {"y": 3}}
    part |= {"evictions": {"z": 4}, "upstream_errors": (("app", "connect", 1),)}
    total = sums(part, part)
    assert ({"x": 2}, {"loaded": 2}, {("app", "connect"): 2}) == (total.denials, total.reloads, total.upstream_errors)
    assert ({"loaded": 4}, {"y": 6}, {"z": 8}) == (total.certificate_reloads, total.handshakes, total.evictions)


def test_distributions_add_up():
    """Bucket by bucket."""
    part = {"duration": Distribution(tuple(range(16)), 2.5)}
    total = sums(part, part)
    assert ([2 * n for n in range(16)], 5.0) == (total.duration.counts, total.duration.sum_s)


def test_plain_counts_add_up():
    """Cache lookups and dropped lines."""
    part = {"token_cache_hits": 2, "token_cache_misses": 1, "log_lines_dropped": 3}
    total = sums(part, part)
    assert (4, 2, 6) == (total.token_cache_hits, total.token_cache_misses, total.log_lines_dropped)


def test_routes_that_come_and_go_do_not_grow_for_ever(monkeypatch):
    """Beyond the bound new ones share a series; no count is lost."""
    monkeypatch.setattr(totals, "SERIES_MAX", 1)
    total = sums({"requests": (("a", 200, 1), ("b", 200, 1), ("c", 200, 1), ("a", 200, 1))})
    assert {("a", 200): 2, (OTHER, 200): 2} == total.requests
