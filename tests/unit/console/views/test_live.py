"""What the live pages show of pods and their counts."""

from __future__ import annotations

import pytest

from postern_console.live.counts import Counts
from postern_console.live.history import SPAN_S, Moment
from postern_console.live.monitor import LiveView
from postern_console.live.pods import LivePod
from postern_console.views.live import denials_page, gateways_page, live_context, pod_row
from postern_core.admin_api import RefusedSnapshot, ServedConfig, WorkerConfig

D = "d" * 64
WORKER = WorkerConfig(7, D, 940.0)
REFUSED = WorkerConfig(8, None, None, RefusedSnapshot("e" * 64, "no"))


@pytest.mark.parametrize(
    ("config", "expected", "health", "note"),
    [
        (ServedConfig(D, workers=(WORKER,)), D, "in force", ""),
        (ServedConfig(D, workers=(WORKER,)), "", "in force", ""),
        (ServedConfig(D), "e" * 64, "older", "eeeeeeeeeeee is not in force there yet"),
        (ServedConfig(None, workers=(WORKER,)), "", "not ready", "its workers serve different snapshots"),
        (ServedConfig(D, workers=(WORKER, REFUSED)), "", "refused", "worker 8 refused eeeeeeeeeeee: no"),
        (None, "", "no answer", "it gives no answer"),
    ],
)
def test_a_pod_has_one_word_and_says_what_is_wrong(config, expected, health, note):
    """The digest is as long as `postern run` prints it."""
    unknown = "" if config else "it gives no answer"
    row = pod_row(LivePod("g", "a", config, unknown=unknown, expected=expected), 1000.0)
    assert (health, True) == (row.health.text, "\n".join(row.notes).startswith(note))
    assert bool(note) == bool(row.notes)


def test_each_worker_is_shown():
    """With its own digest, and since when it serves it."""
    row = pod_row(LivePod("g", "a", ServedConfig(None, workers=(WORKER, REFUSED))), 1000.0)
    assert [(7, "dddddddddddd", "1 minute ago"), (8, "none", "")] == [
        (it.pid, it.digest, it.since) for it in row.workers
    ]


def test_problems_come_first():
    """Whatever the names are."""
    pods = (LivePod("a", "a", ServedConfig("d")), LivePod("z", "z", unknown="x"), LivePod("m", "m", ServedConfig(None)))
    assert ["z", "m", "a"] == [row.gateway for row in live_context(LiveView(pods))["pods"]]


def test_a_gateway_that_no_pod_serves_can_be_started():
    """One that does not answer runs all the same."""
    page = gateways_page(LiveView((LivePod("default", "a", unknown="x"),)), ("default", "internal"), "")
    assert ["internal"] == page["others"]


def test_denials_are_shown_by_how_many_there_were():
    """Each with its rate and a line of the last minutes, whose top is its largest rate."""
    pod = LivePod("g", "a", ServedConfig("d"), Counts({}, {"expired": 2, "missing_token": 9}))
    moments = (
        Moment(50.0, Counts({}, {"missing_token": 4.0})),
        Moment(50.0 + SPAN_S / 2, Counts({}, {"missing_token": 1.0})),
    )
    reasons = denials_page(LiveView((pod,), moments, 50.0 + SPAN_S))["reasons"]
    assert [("missing_token", "9", "1.0"), ("expired", "2", "0.0")] == [(it.label, it.total, it.now) for it in reasons]
    assert ("0.0,0.0 150.0,45.0", "0.0,60.0 150.0,60.0") == (reasons[0].points, reasons[1].points)
