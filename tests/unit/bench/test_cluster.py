"""What an edit adds to the requests to the API server."""

from __future__ import annotations

from collections import Counter

from bench import cluster

METRICS = """# HELP postern_operator_api_requests_total Requests to the API server by verb and status.
postern_operator_api_requests_total{status="200",verb="patch"} 30.0
postern_operator_api_requests_total{status="409",verb="patch"} 2.0
postern_operator_api_requests_total{status="200",verb="get"} 7.0
postern_operator_api_requests_created{status="200",verb="get"} 1.7e+09
postern_operator_leader 1.0
"""


def test_requests_are_counted_by_verb(monkeypatch):
    """Whatever came of them; and nothing else of the page."""
    monkeypatch.setattr(cluster, "wait_for", lambda *_: METRICS)
    assert Counter(patch=32, get=7) == cluster._requests("127.0.0.1:1")


def test_what_is_asked_anyway_is_taken_off():
    """Renewals of the Lease go on while somebody edits."""
    idle, busy = Counter(put=10), Counter(put=20, patch=40)
    expected = "patch 2.00, put 0.00 an edit, beside 1.0 a second without any"
    assert expected == cluster.per_edit(idle, busy, took_s=20.0, edits=20)
