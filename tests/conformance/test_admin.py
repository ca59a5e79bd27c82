"""The admin port and the access log of a gateway with two workers: one truth about both, and never a secret."""

from __future__ import annotations

import base64
import os
import signal
import time

import pytest

import manifests
import raw
from cases import Token
from gateway import DataPlane, Local, logged, open_to
from tokens import mint
from upstream_behaviours import Gate

TIMES = 30
BAD_TOKEN = "eyJhbGciOiJub25lIn0.c2VjcmV0.Y2FuYXJ5"


@pytest.fixture(scope="module")
def token():
    """A good token of alice."""
    recipe = Token(secret=manifests.SECRET, claims={"key": "alice", "exp": "now+3600"})
    return mint(recipe, time.time(), {})


@pytest.fixture
def kind():
    """The data plane alone, where nothing of `postern run` is tested."""
    return DataPlane


@pytest.fixture
def gateway(start_gateway, module_upstream, kind):
    """A gateway of two workers that has counted nothing yet, with an open route and one for alice, and a log."""
    closed = manifests.route("closed", paths=[{"type": "Prefix", "value": "/closed"}], auth={"jwt": {}})
    people = [manifests.consumer(), manifests.credential(), manifests.secret()]
    served = [*open_to(module_upstream.address), closed, *people]
    return start_gateway(served, "--access-log", "on", kind=kind, workers=2)


def test_it_is_alive_and_ready(gateway):
    """Both probes say so, and what isn't there is 404."""
    probes = [gateway.get(path) for path in ("/healthz", "/readyz", "/nothing")]
    assert [200, 200, 404] == [answer.status for answer in probes]
    assert ["alive", "ready"] == [answer.json()["status"] for answer in probes[:2]]


def test_it_is_not_ready_without_a_snapshot(tmp_path):
    """Until there is one, it is alive, not ready, and refuses with 503."""
    gateway = DataPlane(tmp_path / "it", workers=2)
    try:
        assert (200, 503) == (gateway.get("/healthz").status, gateway.get("/readyz").status)
        raw.until(lambda: len(gateway.workers()) == 2, "two workers")
        answer = raw.ask(gateway.listen, raw.request("/"))
        assert (503, "Not ready") == (answer.status, answer.message)
        gateway.serve([])
        assert 200 == gateway.get("/readyz").status
        assert 404 == raw.ask(gateway.listen, raw.request("/")).status
    finally:
        gateway.close()


def test_both_workers_serve_the_same(gateway):
    """`/config` names the one digest and each worker's."""
    config = gateway.config()
    assert 2 == len(config["workers"])
    assert {config["digest"]} == {worker["digest"] for worker in config["workers"]}
    assert 2 <= config["routes"]
    assert [None, None] == [worker["refused"] for worker in config["workers"]]


def test_counts_are_right_across_workers(gateway, token):
    """Whoever answered, each request is counted once, under its route, status and reason."""
    for _ in range(TIMES):
        raw.ask(gateway.listen, raw.request("/"))
        raw.ask(gateway.listen, raw.request("/closed", f"Authorization: Bearer {token}"))
        raw.ask(gateway.listen, raw.request("/closed"))
        raw.ask(gateway.listen, raw.request("/closed", f"Authorization: {BAD_TOKEN}"))
        raw.ask(gateway.listen, raw.request("/", host="nobody.example.com"))
        raw.ask(gateway.listen, "nonsense\r\n\r\n")
    gateway.until_metric(TIMES, "postern_requests_total", route="default/all", status="200")
    gateway.until_metric(TIMES, "postern_requests_total", route="default/closed", status="200")
    gateway.until_metric(2 * TIMES, "postern_requests_total", route="default/closed", status="401")
    gateway.until_metric(TIMES, "postern_requests_total", route="", status="404")
    gateway.until_metric(6 * TIMES, "postern_requests_total")
    for reason in ("missing_token", "malformed_token", "no_route", "bad_request"):
        gateway.until_metric(TIMES, "postern_denials_total", reason=reason)
    gateway.until_metric(6 * TIMES, "postern_request_duration_seconds_count")
    gateway.until_metric(2 * TIMES, "postern_upstream_latency_seconds_count")
    hits, misses = (gateway.metric(f"postern_token_cache_{what}_total") for what in ("hits", "misses"))
    assert 2 * TIMES == hits + misses
    assert misses <= 4
    assert 2 == gateway.metric("postern_workers")
    assert 1 == gateway.metric("postern_snapshot_info", digest=gateway.config()["digest"])


def test_connections_are_counted_while_they_are_open(gateway):
    """The gauge goes up and down."""
    clients = [raw.Client(gateway.listen) for _ in range(7)]
    gateway.until_metric(7, "postern_connections")
    for client in clients:
        client.close()
    gateway.until_metric(0, "postern_connections")


def test_a_client_that_left_is_counted(gateway, upstream):
    """Its status is 499, and the reason says why."""
    gate = Gate()
    upstream.on("/slow", gate)
    with raw.Client(gateway.listen) as client:
        client.send(raw.request("/slow"))
        upstream.until_requests(1)
    gateway.until_metric(1, "postern_requests_total", route="default/all", status="499")
    gate.open()


def test_a_worker_that_died_is_replaced(gateway):
    """Another takes its place, and what it had counted stays in the totals."""
    for _ in range(TIMES):
        raw.ask(gateway.listen, raw.request("/"))
    gateway.until_metric(TIMES, "postern_requests_total")
    before = gateway.workers()
    os.kill(before[0], signal.SIGKILL)
    raw.until(lambda: before[0] not in gateway.workers() and gateway.get("/readyz").status == 200, "a new worker")
    assert [200] * TIMES == [raw.ask(gateway.listen, raw.request("/")).status for _ in range(TIMES)]
    gateway.until_metric(2 * TIMES, "postern_requests_total")
    assert 1 == gateway.metric("postern_worker_restarts_total")


@pytest.mark.parametrize("kind", [Local])
def test_nothing_secret_is_told(gateway, token):
    """No token and no key, plain or in base64, is on the admin port, in the log or in what the gateway says."""
    secrets = [manifests.SECRET, base64.b64encode(manifests.SECRET.encode()).decode(), token, BAD_TOKEN]
    for text in (token, BAD_TOKEN):
        raw.ask(gateway.listen, raw.request("/closed", f"Authorization: Bearer {text}"))
        raw.ask(gateway.listen, raw.request(f"/closed?jwt={text}"))
        raw.ask(gateway.listen, raw.request("/closed", f"Cookie: jwt={text}"))
        raw.ask(gateway.listen, f"GET /closed?jwt={text} HTTP/1.1\nHost: app.example.com\r\n\r\n")
        raw.ask(gateway.listen, raw.request("/closed", f"Authorization: {text}\r\n folded"))
    raw.until(lambda: len(lines_of(gateway)) == 10, "ten lines in the access log")
    told = [gateway.get(path).body.decode() for path in ("/metrics", "/config", "/readyz", "/healthz")]
    told += [gateway.out.read_text(), gateway.err.read_text()]
    assert [] == [secret for secret in secrets for text in told if secret in text]


def lines_of(gateway):
    """The lines of the access log."""
    return [line for line in logged(gateway.out.read_text()) if "duration_ms" in line]


def test_the_log_has_a_line_a_request(gateway, token):
    """It says what came, who asked, what was answered and why."""
    raw.ask(gateway.listen, raw.request("/closed?a=b", f"Authorization: Bearer {token}"))
    raw.ask(gateway.listen, raw.request("/closed", method="POST", body=b"hello"))
    raw.until(lambda: len(lines_of(gateway)) == 2, "two lines in the access log")
    told = ("method", "host", "path", "route", "consumer", "status", "reason", "bytes_in", "bytes_out", "peer")
    passed, denied = sorted(lines_of(gateway), key=lambda line: line["status"])
    assert ["GET", "app.example.com", "/closed", "default/closed", "alice", 200, "", 0, 11, "127.0.0.1"] == [
        passed[name] for name in told
    ]
    assert ["POST", "/closed", "default/closed", "", 401, "missing_token"] == [
        denied[name] for name in ("method", "path", "route", "consumer", "status", "reason")
    ]
    assert (None, "") == (denied["upstream_ms"], denied["upstream"])
    assert passed["upstream"].startswith("127.0.0.1:")
    assert passed["duration_ms"] >= passed["upstream_ms"] >= 0
