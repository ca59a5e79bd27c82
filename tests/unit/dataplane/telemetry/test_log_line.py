"""Lines of the access log: what they say of a request, and by which names."""

from __future__ import annotations

import json

import pytest

from log_records import FIELDS, record
from postern_dataplane.request.logged_token import LoggedToken
from postern_dataplane.telemetry.log_line import FORMATS, NAMES, LogFormat

NOW_S = 1814313600.25


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


@pytest.mark.parametrize(("log_format", "start"), [("postern", ""), ("ecs", "postern."), ("otel", "postern.")])
def test_a_line_says_whose_token_it_was(log_format, start):
    """Credential, issuer and claims are there for a good token only, and escaped."""
    token = LoggedToken("demo/alice", "https://issuer\n", {"sub": "\x1b[31m", "aud": "é"})
    found = line(log_format, token=token)
    expected = ["demo/alice", "https://issuer\\n", {"sub": "\\x1b[31m", "aud": "\\xe9"}]
    assert expected == [found[start + name] for name in ("credential", "issuer", "claims")]
    assert not {"credential", "issuer", "claims"} & line().keys()
    assert start + "claims" not in line(log_format, token=LoggedToken("demo/alice", "", {}))


def test_ids_have_the_names_of_each_format():
    """They are there when they are looked at."""
    ids = {"request_id": "7b1f", "trace_id": "0af7"}
    assert ids == {name: line(**ids)[name] for name in ids}
    assert ["7b1f", "0af7"] == [line("ecs", **ids)[name] for name in ("http.request.id", "trace.id")]
    assert ["7b1f", "0af7"] == [line("otel", **ids)[name] for name in ("postern.request.id", "trace_id")]


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
    claims = {f"{'n' * 63}{number}": (text * 256)[:256] for number in range(8)}
    token = LoggedToken("c" * 317, (text * 256)[:256], claims)
    huge = {"method": text * 9000, "host": text * 9000, "path": text * 9000, "token": token, "request_id": "i" * 128}
    found = LogFormat(log_format).encoded(record(**huge, route="r" * 507, consumer=(text * 3000)[:3000]), 0)
    assert len(found) <= 4096
    assert (1, True) == (found.count(b"\n"), found.isascii())
    assert "demo/json" not in json.loads(found).values()
