"""How the load is started, and how its report is read."""

from __future__ import annotations

import pytest
from bench.workloads import WORKLOADS
from bench.wrk import Ammunition, command, read_report, write_raw, write_script

OUTPUT = """Running 1s test @ http://127.0.0.1:1/v1/r0
  1 threads and 64 connections
Requests/sec:  2219.00
REPORT {"requests": 4000, "duration_us": 2000000, "p50_us": 1500, "p99_us": 20250, "p999_us": 31000, \
"refused": 3, "broken": 2}
"""


def none(_):
    return 0, 0


def every(requests):
    return requests, 0


def line(name, ammunition, tmp_path):
    return list(map(str, command(WORKLOADS[name], 80, ammunition, tmp_path / "load.lua", seconds=3, first=7)))


def test_a_report_is_read():
    """Times come in microseconds and are told in milliseconds."""
    load = read_report(OUTPUT, none)
    assert (4000, 2000.0) == (load.requests, load.per_second)
    assert (1.5, 20.25, 31.0) == (load.p50_ms, load.p99_ms, load.p999_ms)


def test_a_refusal_is_an_error():
    """Where 200 must come, each other answer and each request without one counts."""
    assert 5 == read_report(OUTPUT, none).errors


def test_a_refusal_that_must_come_is_none():
    """Where 401 must come, what was let through counts instead."""
    assert 4000 - 3 + 2 == read_report(OUTPUT, every).errors


@pytest.mark.parametrize(("must_be", "errors"), [(3, 2), (5, 2), (1, 2), (6, 3), (0, 3)])
def test_what_is_on_its_way_may_be_refused_later(must_be, errors):
    """Where some must be refused, as many as are unanswered at the end may be missing, and no more."""
    assert errors == read_report(OUTPUT, lambda _: (must_be, 2)).errors


def test_no_report_is_a_mistake():
    """Nothing is made up for a load that has said nothing."""
    with pytest.raises(ValueError, match="no report"):
        read_report("Requests/sec: 12", none)


def test_one_token_is_a_header(tmp_path):
    """A workload with one token needs a header and no file of requests."""
    told = line("repeated", Ammunition("a.b.c", None, None), tmp_path)
    assert "Authorization: Bearer a.b.c" in told
    assert ["http://127.0.0.1:80/v1/r0", "--", "GET"] == told[-3:]


def test_many_tokens_are_a_file(tmp_path):
    """wrk goes on in the row of tokens where it is told to."""
    told = line("new-HS256", Ammunition(None, tmp_path / "tokens", tmp_path / "paths"), tmp_path)
    assert not [word for word in told if word.startswith("Authorization")]
    assert ["GET", f"{tmp_path}/paths", f"{tmp_path}/tokens", "7"] == told[-4:]


def test_whole_requests_are_a_file(tmp_path):
    """Each stands behind its length, and wrk goes on in their row where it is told to."""
    raw = write_raw(tmp_path / "requests", [b"GET / HTTP/1.1\r\n\r\n", b"x"])
    assert b"18\nGET / HTTP/1.1\r\n\r\n1\nx" == raw.read_bytes()
    told = line("mixed", Ammunition(raw=raw), tmp_path)
    assert ["--", str(raw), "7"] == told[-3:]


@pytest.mark.parametrize(
    ("name", "word"),
    [("new-connection", "Connection: close"), ("tls", "https://127.0.0.1:80/v1/r0"), ("connections-1000", "-c1000")],
)
def test_a_workload_is_told_to_wrk(name, word, tmp_path):
    """What a workload asks for is on the command line."""
    assert word in line(name, Ammunition("a.b.c", None, None), tmp_path)


def test_an_upload_has_its_size(tmp_path):
    """The script is told the method and the size of the body."""
    told = line("upload-1m", Ammunition("a.b.c", None, None), tmp_path)
    assert ["--", "POST", "1048576"] == told[-3:]


@pytest.mark.parametrize(
    ("name", "differing", "functions"),
    [
        ("repeated", False, ["done"]),
        ("new-HS256", True, ["done", "init", "request"]),
        ("mixed", True, ["done", "init", "request"]),
        ("upload-1m", False, ["done", "init"]),
    ],
)
def test_a_script_has_what_a_workload_needs(name, differing, functions, tmp_path):
    """wrk is faster without a function for each request, so only differing requests have one."""
    script = write_script(tmp_path, WORKLOADS[name], differing=differing).read_text()
    assert functions == sorted(
        name for name in ("done", "init", "request", "response") if f"\nfunction {name}(" in script
    )
