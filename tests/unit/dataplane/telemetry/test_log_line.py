"""Lines of the access log: what they say of a request, and by which names."""

from __future__ import annotations

import json

import pytest

from postern_dataplane.telemetry.events import RequestRecord
from postern_dataplane.telemetry.log_line import FORMATS, NAMES, LogFormat

NOW_S = 1814313600.25
FIELDS = {
    "method": "GET",
    "host": "app.example:8443",
    "path": "/v1/json",
    "peer": "192.0.2.1",
    "route": "demo/json",
    "status": 200,
    "reason": "",
    "consumer": "oiloil",
    "duration_s": 0.0123456,
    "upstream_latency_s": 0.01,
    "bytes_in": 1,
    "bytes_out": 2,
    "upstream": "10.0.0.7:8080",
}


def record(**changes):
    return RequestRecord(**{**FIELDS, **changes})


def line(log_format="postern", **changes):
    """A line as a reader sees it."""
    return json.loads(LogFormat(log_format).encoded(record(**changes), NOW_S))


def test_a_line_says_everything_about_a_request():
    """Times are in milliseconds, and the moment is RFC 3339 in UTC."""
    expected = {name: value for name, value in FIELDS.items() if not name.endswith("_s")}
    moment = {"time": "2027-06-30T00:00:00.250Z"}
    assert {**expected, **moment, "duration_ms": 12.346, "upstream_ms": 10.0} == line()


def test_a_line_has_the_names_of_ecs():
    """Times are in nanoseconds, the domain has no port, and what is empty is left out."""
    assert {
        "ecs.version": "8.11.0",
        "event.kind": "event",
        "event.category": ["web"],
        "event.type": ["access"],
        "event.outcome": "success",
        "event.duration": 12345600,
        "@timestamp": "2027-06-30T00:00:00.250Z",
        "http.request.method": "GET",
        "http.request.body.bytes": 1,
        "http.response.status_code": 200,
        "http.response.body.bytes": 2,
        "url.domain": "app.example",
        "url.path": "/v1/json",
        "user.name": "oiloil",
        "source.ip": "192.0.2.1",
        "postern.route": "demo/json",
        "postern.upstream.address": "10.0.0.7:8080",
        "postern.upstream.duration": 10000000,
    } == line("ecs")


def test_a_line_has_the_names_of_opentelemetry():
    """Times are in seconds, the address has no port, and what is empty is left out."""
    assert {
        "timestamp": "2027-06-30T00:00:00.250Z",
        "http.request.method": "GET",
        "http.request.body.size": 1,
        "http.response.status_code": 200,
        "http.response.body.size": 2,
        "http.server.request.duration": 0.012346,
        "server.address": "app.example",
        "url.path": "/v1/json",
        "user.name": "oiloil",
        "network.peer.address": "192.0.2.1",
        "postern.route": "demo/json",
        "postern.upstream.address": "10.0.0.7:8080",
        "postern.upstream.duration": 0.01,
    } == line("otel")


def test_a_refusal_has_its_reason_in_every_format():
    """ECS has a field for the reason of an event, and for its outcome."""
    refused = {"reason": "bad_signature", "status": 401, "upstream_latency_s": None}
    found = [line(one, **refused) for one in FORMATS]
    reasons = [it.get("reason") or it.get("event.reason") or it.get("postern.reason") for it in found]
    assert (["bad_signature"] * 3, "failure") == (reasons, found[1]["event.outcome"])
    assert (None, True) == (found[0]["upstream_ms"], "postern.upstream.duration" not in {**found[1], **found[2]})


@pytest.mark.parametrize(("status", "reason", "outcome"), [(302, "", "success"), (404, "", "failure")])
def test_the_outcome_of_ecs_is_that_of_the_client(status, reason, outcome):
    """An error of the application is a failure too."""
    assert outcome == line("ecs", status=status, reason=reason)["event.outcome"]


@pytest.mark.parametrize("column", range(len(FORMATS)))
def test_no_two_fields_of_a_format_have_one_name(column):
    """A reader would keep the last of them."""
    names = [columns[column] for columns in NAMES.values() if columns[column]]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/a\nb", "/a\\nb"),
        ("/\x1b[31m", "/\\x1b[31m"),
        ("/\x7f\x85", "/\\x7f\\x85"),
        ("/\udcff", "/\\udcff"),
        ("/é", "/\\xe9"),
        ("/" + "a" * 9999, "/" + "a" * 511),
    ],
)
def test_what_a_client_wrote_can_not_harm_a_terminal(path, shown):
    """Control characters, foreign bytes and endless names are shown, shortened, in ASCII."""
    assert shown == line(path=path)["path"]


@pytest.mark.parametrize("log_format", FORMATS)
@pytest.mark.parametrize("text", ["\udcff", "\\", '"', "\x00", "\U0001f600", "\u2028", "\n", "é"])
def test_the_longest_line_a_client_can_make_is_one_write_and_one_line(text, log_format):
    """No control character, foreign byte or huge value makes two lines, nor one that another worker's may split."""
    huge = {"method": text * 9000, "host": text * 9000, "path": text * 9000}
    found = LogFormat(log_format).encoded(record(**huge, route="r" * 507, consumer="c" * 317), 0)
    assert len(found) <= 4096
    assert (1, True) == (found.count(b"\n"), found.isascii())
    assert "demo/json" not in json.loads(found).values()
