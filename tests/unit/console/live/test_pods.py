"""A pod as its admin port answers."""

from __future__ import annotations

from postern_console.live.pods import pod_of


def test_an_answer_is_read():
    """Fields that a newer data plane adds are passed over."""
    pod = pod_of("default", "a", b'{"digest": "d", "routes": 2, "new": 1}', b'postern_denials_total{reason="x"} 1\n')
    assert ("d", 2, {"x": 1.0}, "") == (pod.config.digest, pod.config.routes, dict(pod.counts.denials), pod.unknown)


def test_another_program_is_no_data_plane():
    """What it says is not shown."""
    pod = pod_of("default", "a", b"<script>", b"", url="http://127.0.0.1:1")
    assert (None, "its admin port gives another answer than a data plane's") == (pod.config, pod.unknown)
